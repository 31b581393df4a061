"""How large an image is on paper, said in the image."""

import re
import zlib
from collections.abc import Mapping

from icl_core.live.dressed import DOTS, INCH

SIGNATURE = 8
"""Bytes before the first chunk of a PNG, its header, whose body has 13."""


def in_mm(svg: bytes, pixels: Mapping[str, float]) -> bytes:
    """A drawing whose "width" and "height" are so many pixels, measured in mm."""
    head, end, rest = svg.partition(b">")
    for side, length in pixels.items():
        size = f' {side}="{length * INCH / DOTS:.6g}mm"'.encode()
        head = re.sub(rb' %s="[^"]*"' % side.encode(), size, head, count=1)
    return head + end + rest


def with_density(png: bytes, pixels: float) -> bytes:
    """An image with so many pixels a mm: the chunk pHYs, which counts them by the metre."""
    after = SIGNATURE + 4 + 4 + 13 + 4
    count = round(1000 * pixels).to_bytes(4, "big")
    body = b"pHYs" + count + count + b"\x01"
    chunk = (9).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return png[:after] + chunk + png[after:]
