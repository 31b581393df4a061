// Before an image is drawn for a file: heatmaps as sharp as print needs them. Plotly paints them into
// images of one pixel a cell, or of one pixel on screen; a reader of the PDF would smooth or tear them.
(() => {
  // Pixels of an image per pixel of the figure, of which an inch has 96: 384 dpi.
  const DENSITY = 4;
  const encode = HTMLCanvasElement.prototype.toDataURL;
  const set = Element.prototype.setAttributeNS;
  let painted = null;

  HTMLCanvasElement.prototype.toDataURL = function (...options) {
    painted = this;
    return encode.apply(this, options);
  };

  // Plotly sets the size of an image first, then what it shows.
  Element.prototype.setAttributeNS = function (space, name, value) {
    if (painted && this.localName === "image" && name.endsWith("href")) {
      value = enlarged(painted, this.getAttribute("width"), this.getAttribute("height"));
      painted = null;
    }
    return set.call(this, space, name, value);
  };

  function enlarged(source, width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = DENSITY * width;
    canvas.height = DENSITY * height;
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    return encode.call(canvas, "image/png");
  }
})();
