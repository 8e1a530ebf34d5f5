"""GIMP's drawables: how their pixels travel to the engine, and back into a buffer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import gi

for _name, _version in (("Gimp", "3.0"), ("Gegl", "0.4"), ("Babl", "0.1")):
    gi.require_version(_name, _version)
import unfade_editor
from gi.repository import Babl, Gegl, Gimp
from unfade_client import Result
from unfade_editor import Pixels

TILE = 128  # rows of GIMP's own tiles
TYPES = {"u8": "u8", "u16": "u16", "float": "float32"}  # babl's names, and the client's
BYTES = {"u8": 1, "u16": 2, "float": 4}


@dataclass(frozen=True)
class Wire:
    """How a drawable's pixels travel: babl's name of the format, which has the picture's profile in it."""

    format: str
    channels: int
    type: str
    icc: bytes | None = None

    @classmethod
    def of(cls, drawable: Gimp.Drawable) -> Wire:
        """The drawable's own values, in the picture's own profile as on the command line; else floats.

        Linear light goes through the sRGB curve, which is what the networks know; a mask has no curve.
        """
        native = drawable.get_format()
        components, _, type = Babl.format_get_encoding(native).rpartition(" ")
        plain = components.replace("'", "").replace("~", "")
        if components == plain and isinstance(drawable, Gimp.Layer):
            components = {"RGB": "R~G~B~", "RGBA": "R~G~B~A", "Y": "Y~", "YA": "Y~A"}[plain]
            type = "float"
        type = type if type in TYPES else "float"
        format = Babl.format_with_space(f"{components} {type}", Babl.format_get_space(native))
        profile = drawable.get_image().get_color_profile() if isinstance(drawable, Gimp.Layer) else None
        if profile is not None and "~" in components:
            profile = Gimp.ColorProfile.new_srgb_trc_from_color_profile(profile)
        icc = None if profile is None else bytes(profile.get_icc_profile())
        return cls(Babl.get_name(format), len(plain), type, icc)

    def coloured(self, result: Result) -> Wire:
        """How a result travels that was gray when it was sent this way: sRGB, whatever the picture has."""
        return Wire(f"R'G'B'{'A' * (result.channels == 4)} {self.type}", result.channels, self.type)

    def read(self, drawable: Gimp.Drawable) -> Pixels:
        """All of the drawable, also what lies outside the selection: the networks look around."""
        stripes = self._stripes(drawable)
        return Pixels(*size_of(drawable), self.channels, TYPES[self.type], stripes, self.icc)

    def _stripes(self, drawable: Gimp.Drawable) -> Iterator[bytes]:
        buffer, (width, height) = drawable.get_buffer(), size_of(drawable)
        rows = self._rows(width)
        for y in range(0, height, rows):
            rectangle = Gegl.Rectangle.new(0, y, width, min(rows, height - y))
            yield buffer.get(rectangle, 1.0, self.format, Gegl.AbyssPolicy.NONE)

    def _rows(self, width: int) -> int:
        return unfade_editor.rows_of(width * self.channels * BYTES[self.type], TILE)

    def write(self, buffer: Gegl.Buffer, result: Result, x: int, y: int) -> None:
        """The result into a buffer, its top left pixel at (x, y)."""
        stripe = self._rows(result.width) * result.width * self.channels * BYTES[self.type]
        for row, rows, view in result.stripes(stripe):
            buffer.set(Gegl.Rectangle.new(x, y + row, result.width, rows), self.format, bytes(view))
        buffer.flush()


def size_of(thing: Gimp.Image | Gimp.Drawable) -> tuple[int, int]:
    """Width and height."""
    return thing.get_width(), thing.get_height()
