"""The picture as filters see it: an array of pixels and what travels with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from unfade.picture.convert import peak_of


@dataclass(frozen=True)
class Metadata:
    """What travels with the pixels, unchanged unless it must change."""

    icc: bytes | None = None
    """ICC profile of the pixels (a gray profile for gray pictures); None means sRGB, or sRGB's gray."""
    exif: bytes | None = None
    """EXIF block, beginning with its byte order mark ("II" or "MM"); orientation already reset to 1."""
    xmp: bytes | None = None
    """XMP packet."""
    dpi: tuple[float, float] | None = None
    """Horizontal and vertical resolution in pixels per inch."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: straight (not premultiplied) pixels in display orientation, and their metadata.

    Raises:
        ValueError: if the pixels are not a C-contiguous HWC array of a known kind (a programming error).
    """

    pixels: NDArray[Any]
    """HWC, C-contiguous; uint8, uint16 or float32 in [0, 1]; C: 1 gray, 2 gray+alpha, 3 RGB, 4 RGB+alpha."""
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        pixels = self.pixels
        if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4) or 0 in pixels.shape:
            raise ValueError(f"pixels must be HWC with 1 to 4 channels, not of shape {pixels.shape}")
        if not pixels.flags.c_contiguous:
            raise ValueError("pixels must be C-contiguous")
        peak_of(pixels.dtype)  # raises for other types

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def has_alpha(self) -> bool:
        return self.pixels.shape[2] in (2, 4)

    @property
    def is_gray(self) -> bool:
        return bool(self.pixels.shape[2] < 3)

    @property
    def colour(self) -> NDArray[Any]:
        """View of the colour channels, HW1 (gray) or HW3 (RGB)."""
        return self.pixels[..., : 1 if self.is_gray else 3]

    @property
    def alpha(self) -> NDArray[Any] | None:
        """View of the alpha channel, HW; None without one."""
        return self.pixels[..., -1] if self.has_alpha else None

    @property
    def peak(self) -> float:
        """The value of white: 255, 65535 or 1.0."""
        return peak_of(self.pixels.dtype)
