"""Numbers with their description, as a browser reads them (frontend/packed.mjs)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def packed(header: Mapping[str, Any], blocks: Iterable[np.ndarray]) -> bytes:
    """Digest (24 letters), length of the header, header, the numbers of all blocks.

    The header is JSON, all numbers are little-endian, everything starts at a multiple of four.
    """
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    numbers = [
        np.asarray(block).astype(block.dtype.newbyteorder("<")).tobytes() for block in blocks
    ]
    body = b"".join([len(text).to_bytes(4, "little"), text, *numbers])
    return hashlib.blake2b(body, digest_size=12).hexdigest().encode() + body


def digest_of(data: bytes) -> str:
    """Names what was packed: a chart finds what belongs to it by this."""
    return data[:24].decode()
