"""Frames and the pixels they carry, as docs/service.md defines them."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, Final

import numpy as np

from unfade.errors import UnfadeError, UsageError
from unfade.paths import parse_json
from unfade.picture import DEFAULT_MAX_PIXELS

PROTOCOL: Final = 1
LENGTH_BYTES: Final = 4
MAX_HEADER: Final = 1 << 22
"""Strokes and hints of a whole afternoon fit in."""
MAX_PAYLOAD: Final = 1 << 26
STRIPE: Final = 1 << 20
"""Bytes of pixels in one frame that the service sends."""
MAX_PIXELS: Final = DEFAULT_MAX_PIXELS
MAX_SIDE: Final = 1 << 20
DEPTHS: Final[Mapping[str, type[np.generic]]] = {"u8": np.uint8, "u16": np.uint16, "float32": np.float32}
ORDERS: Final[Mapping[str, str]] = {"little": "<", "big": ">"}


class BrokenFrame(UnfadeError):
    """What came is no frame, so nothing that follows can be understood."""


def read_header(stream: BufferedReader) -> tuple[dict[str, Any], int] | None:
    """The next frame's header and how many bytes of pixels follow it; None where the stream ends.

    Raises BrokenFrame where it ends inside a frame's head, and for everything that is no frame.
    """
    prefix = stream.read(LENGTH_BYTES)
    if not prefix:
        return None
    length = int.from_bytes(prefix, "big")
    if len(prefix) < LENGTH_BYTES:
        raise BrokenFrame("The frames end inside the length of one.")
    if not 2 <= length <= MAX_HEADER:
        raise BrokenFrame(f"A frame's header must have 2 to {MAX_HEADER} bytes, not {length}.")
    text = stream.read(length)
    if len(text) < length:
        raise BrokenFrame("The frames end inside a header.")
    try:
        header = parse_json(text)
    except ValueError as error:
        raise BrokenFrame("A frame's header is not JSON.") from error
    if not isinstance(header, dict):
        raise BrokenFrame("A frame's header is not a JSON object.")
    payload = header.get("payload", 0)
    if not is_whole(payload) or not 0 <= payload <= MAX_PAYLOAD:
        raise BrokenFrame(f"A frame's 'payload' must be a number of bytes from 0 to {MAX_PAYLOAD}.")
    return header, payload


def encode_header(header: Mapping[str, Any], payload: int = 0) -> bytes:
    """Length and header of a frame that ``payload`` bytes of pixels follow."""
    text = json.dumps({**header, "payload": payload} if payload else header, allow_nan=False).encode("ascii")
    return len(text).to_bytes(LENGTH_BYTES, "big") + text


def is_whole(value: Any) -> bool:
    """Whether a JSON value is an integer (``true`` is none)."""
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True)
class Image:
    """How raw pixels are to be read: rows from top to bottom, without gaps, channels interleaved."""

    height: int
    width: int
    channels: int
    """1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; alpha is straight."""
    depth: str
    """A key of DEPTHS."""
    order: str = sys.byteorder
    """A key of ORDERS: the byte order of each sample."""
    icc: bytes | None = None
    """The ICC profile of the values; None means sRGB, or sRGB's gray."""

    @classmethod
    def parse(cls, raw: Any) -> Image:
        """An image as a request describes it. Raises UsageError."""
        if not isinstance(raw, dict):
            raise UsageError("'image' must be an object with height, width, channels and depth.")
        unknown = sorted(set(raw) - {"height", "width", "channels", "depth", "order", "icc"})
        if unknown:
            raise UsageError(f"'image' has no {unknown[0]!r}.")
        height, width = (whole(raw, key, 1, MAX_SIDE) for key in ("height", "width"))
        if height * width > MAX_PIXELS:
            raise UsageError(
                f"A picture of {width} x {height} pixels is too large: at most {MAX_PIXELS // 10**6} "
                "megapixels go in at once."
            )
        channels = whole(raw, "channels", 1, 4)
        depth, order = raw.get("depth"), raw.get("order", sys.byteorder)
        if not isinstance(depth, str) or depth not in DEPTHS:
            raise UsageError(f"'depth' must be one of {', '.join(DEPTHS)}.")
        if not isinstance(order, str) or order not in ORDERS:
            raise UsageError(f"'order' must be one of {', '.join(ORDERS)}.")
        return cls(height, width, channels, depth, order, _profile(raw.get("icc")))

    @classmethod
    def of(cls, pixels: np.ndarray[Any, Any], order: str) -> Image:
        """The image that describes HWC ``pixels`` when they are sent in ``order``."""
        depth = next(name for name, kind in DEPTHS.items() if pixels.dtype == kind)
        height, width, channels = pixels.shape
        return cls(height, width, channels, depth, order)

    @property
    def header(self) -> dict[str, Any]:
        """The image in a reply, whose profile is that of the request."""
        return {key: getattr(self, key) for key in ("height", "width", "channels", "depth", "order")}

    @property
    def dtype(self) -> np.dtype[Any]:
        """In the byte order of this computer."""
        return np.dtype(DEPTHS[self.depth])

    @property
    def swapped(self) -> bool:
        """Whether the samples' bytes come in another order than this computer's."""
        return self.order != sys.byteorder and self.dtype.itemsize > 1

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.height * self.width * self.channels * self.dtype.itemsize


def _profile(raw: Any) -> bytes | None:
    if raw is None:
        return None
    try:
        return base64.b64decode(raw, validate=True)
    except (TypeError, ValueError) as error:
        raise UsageError("'icc' must be a colour profile in base64.") from error


def whole(raw: Mapping[str, Any], key: str, low: int, high: int) -> int:
    """The integer at ``key``. Raises UsageError for anything else and outside low..high."""
    value = raw.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(f"{key!r} must be a whole number from {low} to {high}.")
    return value
