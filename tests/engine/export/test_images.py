"""Images are right, each caller's own, and survive a browser that dies."""

import base64
import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from icl_core.errors import InputError
from icl_core.export import images
from icl_core.export.images import NO_CHROMIUM, Renderer, missing, renderer, to_image
from icl_core.live.dressed import dressed
from icl_core.live.figure import MAX_BYTES
from icl_core.live.look import Look
from tests.hostile import assert_one_sentence

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("scale", [1, 3])
def test_a_png_has_the_pixels_asked_for_on_white(chromium, titled, scale):
    picture = Image.open(io.BytesIO(to_image(titled("Title").figure, "png", scale)))
    assert picture.size == (scale * images.WIDTH, scale * 400)
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    assert (pixels == 255).all(axis=1).mean() > 0.9
    assert (pixels == (0x1D, 0x27, 0x33)).all(axis=1).sum() > 20


def test_an_svg_holds_title_and_curve_as_text(chromium, titled):
    data = to_image(titled("Loss of GD++ & σ").figure, "svg")
    root = ElementTree.fromstring(data)
    assert root.tag.endswith("svg")
    words = ["".join(text.itertext()) for text in root.iter() if text.tag.endswith("text")]
    assert "Loss of GD++ & σ" in words
    assert b"http" not in re.sub(rb"http://www\.w3\.org", b"", data)


def test_a_pdf_is_one_page_with_fonts(chromium, titled):
    data = to_image(titled("Title").figure, "pdf")
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b", data)) == 1
    assert b"/ToUnicode" in data


def test_an_image_for_print_is_as_large_as_it_says(chromium, titled):
    figure = dressed(titled("Title"), Look(width=84, height=60, type=8)).figure
    root = ElementTree.fromstring(to_image(figure, "svg"))
    assert (root.get("width"), root.get("height")) == ("84mm", "60mm")
    (ticks,) = {
        re.search(r"font-size: ([\d.]+)px", text.get("style"))[1]
        for group in root.iter("{http://www.w3.org/2000/svg}g")
        if group.get("class") == "xtick"
        for text in group.iter("{http://www.w3.org/2000/svg}text")
    }
    assert float(ticks) * 72 / 96 == pytest.approx(8, abs=0.01)
    picture = Image.open(io.BytesIO(to_image(figure, "png")))
    assert np.divide(picture.size, picture.info["dpi"]) * 25.4 == pytest.approx([84, 60], abs=0.1)
    assert picture.info["dpi"][0] == pytest.approx(600, abs=0.1)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", to_image(figure, "pdf"))
    points = [float(length) * 25.4 / 72 for length in box.groups()]
    assert points == pytest.approx([84, 60], abs=0.3)


def shown_images(svg: bytes) -> list[tuple[float, Image.Image]]:
    """Pixels of each embedded image for one pixel of the drawing, and the image."""
    found = []
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}image"):
        data = element.get("{http://www.w3.org/1999/xlink}href").partition("base64,")[2]
        picture = Image.open(io.BytesIO(base64.b64decode(data)))
        sides = zip(picture.size, (element.get("width"), element.get("height")), strict=True)
        found.append((min(pixels / float(length) for pixels, length in sides), picture))
    return found


@pytest.mark.parametrize("gap", [0, 2])
def test_heatmaps_are_as_sharp_as_print_needs(chromium, gap):
    """An inch has 96 pixels of the drawing: 300 dpi need more than three for one."""
    z = np.arange(12.0).reshape(3, 4)
    figure = go.Figure(go.Heatmap(z=z, xgap=gap, ygap=gap, colorscale="Greys", showscale=False))
    figure.update_layout(height=400)
    ((density, picture),) = shown_images(to_image(figure, "svg"))
    assert density * 96 >= 300
    # Nothing is smoothed: as many colours as cells, and the gaps between them.
    assert len(picture.convert("RGBA").getcolors()) == 12 + (gap > 0)
    data = to_image(figure, "pdf")
    widths = [
        int(width) for width in re.findall(rb"/Subtype /Image.{0,40}?/Width (\d+)", data, re.S)
    ]
    widths += [int(width) for width in re.findall(rb"/Width (\d+)[^>]{0,80}?/Subtype /Image", data)]
    assert picture.width in widths


def processes_of(group: int) -> list[str]:
    """Those of a process group that still live."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(stat.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_browser_that_hangs_leaves_nothing_behind(chromium, titled, monkeypatch):
    assert own(titled, 3)
    hanging = renderer().process
    assert processes_of(hanging)
    os.killpg(hanging, signal.SIGSTOP)
    monkeypatch.setattr(images, "ONE_IMAGE", 5.0)
    with contextlib.suppress(InputError):
        to_image(titled("Title").figure, "svg")
    assert renderer().process != hanging
    assert processes_of(hanging) == []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_browser_that_never_opens_leaves_nothing_behind(monkeypatch, tmp_path):
    browser, groups = tmp_path / "chromium", tmp_path / "groups"
    browser.write_text(
        f"#!/bin/sh\nps -o pgid= -p $$ >> '{groups}'\nsleep 1000 &\nexec sleep 1000\n"
    )
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(browser))
    monkeypatch.setattr(images, "ONE_IMAGE", 5.0)
    other = Renderer()
    with pytest.raises(InputError, match="failed twice"):
        other.render({}, {})
    other.close()
    started = groups.read_text().split()
    assert len(started) == 2
    assert [processes_of(int(group)) for group in started] == [[], []]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_program_that_ends_ends_a_browser_that_hangs(chromium):
    code = """
import os, signal
import plotly.graph_objects as go
from icl_core.export.images import renderer, to_image
to_image(go.Figure(), "svg")
print(renderer().process, flush=True)
os.killpg(renderer().process, signal.SIGSTOP)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert processes_of(int(done.stdout)) == []


def own(titled, number: int) -> bool:
    """Whether the image asked for is the image that came."""
    data = to_image(titled(f"figure-{number}-of-many").figure, "svg")
    return set(re.findall(rb"figure-(\d+)-of-many", data)) == {str(number).encode()}


def test_parallel_callers_each_get_their_own(chromium, titled):
    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(lambda number: own(titled, number), range(20)))


def test_a_browser_killed_among_parallel_calls_is_replaced(chromium, titled):
    assert own(titled, 0)
    first = renderer().process
    assert first is not None
    done = threading.Semaphore(0)

    def counted(number: int) -> bool:
        right = own(titled, number)
        done.release()
        return right

    with ThreadPoolExecutor(20) as pool:
        results = pool.map(counted, range(20))
        for _ in range(3):
            assert done.acquire(timeout=60)
        os.kill(first, signal.SIGKILL)
        assert all(results)
    assert renderer().process not in (None, first)


def test_a_browser_killed_between_calls_is_replaced(chromium, titled):
    assert own(titled, 1)
    os.kill(renderer().process, signal.SIGKILL)
    assert own(titled, 2)


def test_a_browser_that_is_closed_starts_again(chromium):
    other = Renderer()
    figure = {"data": [{"y": [1, 2]}], "layout": {"title": {"text": "Title"}}}
    options = {"format": "svg", "width": 300, "height": 200}
    assert other.process is None
    assert b"Title" in other.render(figure, options)
    other.close()
    assert other.process is None
    assert b"Title" in other.render(figure, options)
    other.close()


class Broken:
    """A browser that opens and fails at every image."""

    opened = 0

    subprocess = None

    def __init__(self, **options: object) -> None:
        pass

    async def open(self) -> None:
        type(self).opened += 1

    async def calc_fig(self, figure: object, opts: object) -> bytes:
        raise RuntimeError("no")

    async def close(self) -> None:
        raise RuntimeError("never")


def test_what_fails_twice_is_one_sentence(monkeypatch):
    monkeypatch.setattr(images, "Kaleido", Broken)
    monkeypatch.setattr(Broken, "opened", 0)
    with pytest.raises(InputError, match="failed twice") as caught:
        Renderer().render({}, {})
    assert_one_sentence(caught.value)
    assert Broken.opened == 2


def test_a_browser_that_never_answers_is_given_up(monkeypatch):
    class Silent(Broken):
        async def calc_fig(self, figure: object, opts: object) -> bytes:
            await images.asyncio.Event().wait()
            return b""

    monkeypatch.setattr(images, "Kaleido", Silent)
    monkeypatch.setattr(images, "ONE_IMAGE", 0.05)
    with pytest.raises(InputError, match="failed twice"):
        Renderer().render({}, {})


def test_a_thread_that_hangs_is_replaced(monkeypatch):
    free = threading.Event()
    stuck = Renderer()
    stuck._loop.call_soon_threadsafe(free.wait)
    monkeypatch.setattr(images, "ANSWER", 0.05)
    monkeypatch.setattr(images, "_renderers", [stuck])
    assert renderer() is not stuck
    free.set()


def test_without_chromium_one_sentence_says_so(monkeypatch, titled, tmp_path):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing() == NO_CHROMIUM
    with pytest.raises(InputError) as caught:
        to_image(titled("Title").figure, "svg")
    assert_one_sentence(caught.value)


@pytest.mark.parametrize(
    ("kind", "scale"), [("eps", 2), (["png"], 2), ("png", 0), ("png", "many"), ("png", 1e9)]
)
def test_other_kinds_and_scales_are_refused(titled, kind, scale):
    with pytest.raises(InputError) as caught:
        to_image(titled("Title").figure, kind, scale)
    assert_one_sentence(caught.value)


def test_a_figure_too_large_is_refused(titled):
    figure = titled("Title").figure
    figure.update_traces(x=np.arange(MAX_BYTES // 8), y=np.zeros(MAX_BYTES // 8))
    with pytest.raises(InputError, match="plot fewer points"):
        to_image(figure, "svg")
