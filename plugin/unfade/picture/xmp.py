"""XMP packets: made true for the pixels they travel with."""

from __future__ import annotations

import re

# As an attribute, tiff:Orientation="6", or as an element, <tiff:Orientation>6</tiff:Orientation>.
_PROPERTY = re.compile(
    rb"((?:tiff:(?:Orientation|ImageWidth|ImageLength)|exif:Pixel[XY]Dimension)(?:\s*=\s*[\"']|>)\s*)(\d+)"
)


def updated(packet: bytes, width: int, height: int) -> bytes:
    """The packet for an upright picture of `width` x `height` pixels: orientation 1, its own dimensions."""

    def true_value(match: re.Match[bytes]) -> bytes:
        name = match[1]
        if b"Orientation" in name:
            value = 1
        elif b"Width" in name or b"PixelX" in name:
            value = width
        else:
            value = height
        return name + str(value).encode()

    return _PROPERTY.sub(true_value, packet)
