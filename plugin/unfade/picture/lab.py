"""sRGB and CIELAB in numpy, D65: lightness of pixels, and pixels of lightness and chroma, in sRGB's gamut.

IEC 61966-2-1 (sRGB) and CIE 15:2004 (L*a*b*). Everything is float32. The curves have two pieces each; they
are put together from minima, maxima and sums, which numpy computes many times faster than a choice per
element.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unfade.picture.picture import peak_of, to_float

Plane = NDArray[np.float32]

# Linear sRGB -> XYZ, each row divided by the white point's X, Y or Z, so that white is (1, 1, 1).
_TO_XYZ = np.array(
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ]
)
_TO_XYZ /= _TO_XYZ.sum(axis=1, keepdims=True)  # the figures are rounded: gray must come out as gray
_FROM_XYZ = np.linalg.inv(_TO_XYZ)

_LINEAR_BELOW = np.float32(0.0031308)  # where sRGB's curve becomes a straight line, linear and encoded
_ENCODED_BELOW = np.float32(0.04045)
_DELTA = np.float32(6 / 29)  # where CIELAB's does, as a cube root and as a cube
_DELTA_CUBED = np.float32((6 / 29) ** 3)
_SLOPE = np.float32(3 * (6 / 29) ** 2)
_SHIFT = np.float32(4 / 29)
_TOLERANCE = np.float32(1e-5)  # beyond [0, 1] in linear light: a 300th of an 8-bit step, at black
_HALVINGS = 10


def srgb_to_linear(encoded: Plane) -> Plane:
    """sRGB values, none of them negative, as linear light; the curve goes on above 1."""
    curved = (np.maximum(encoded, _ENCODED_BELOW) + np.float32(0.055)) * np.float32(1 / 1.055)
    straight = np.minimum(encoded, _ENCODED_BELOW) * np.float32(1 / 12.92)
    linear: Plane = np.power(curved, np.float32(2.4))
    linear += straight
    linear -= np.float32(0.04045 / 12.92)
    return linear


def linear_to_srgb(linear: Plane) -> Plane:
    """Linear light, none of it negative, as sRGB values; the curve goes on above 1."""
    curved = np.maximum(linear, _LINEAR_BELOW) ** np.float32(1 / 2.4)
    curved *= np.float32(1.055)
    curved -= np.float32(0.055)
    encoded: Plane = np.minimum(curved, linear * np.float32(12.92))
    return encoded


class Lightness:
    """L* / 100 of pixels of one dtype. Integers go through a table of all values there are."""

    def __init__(self, dtype: DTypeLike, *, gray: bool) -> None:
        """``gray`` says that there is one colour channel, else there are three."""
        self._gray = gray
        self._table: Plane | None = None
        if np.dtype(dtype) != np.float32:
            values = to_float(np.arange(int(peak_of(dtype)) + 1).astype(dtype))
            linear = srgb_to_linear(values)
            self._table = _lightness(linear) if gray else linear

    def of(self, colour: NDArray[Any]) -> Plane:
        """HW float32 in [0, 1], of HW1 or HW3 pixels."""
        if self._gray:
            value = colour[..., 0]
            if self._table is None:
                return _lightness(srgb_to_linear(value))
            return self._table.take(value)
        total = np.zeros(colour.shape[:2], np.float32)
        for channel, weight in enumerate(_TO_XYZ[1]):
            value = colour[..., channel]
            linear = srgb_to_linear(value) if self._table is None else self._table.take(value)
            total += linear * np.float32(weight)
        return _lightness(total)


def lab_of_srgb(rgb: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """L*, a*, b* (0 to 100, about -110 to 110) of sRGB colours in [0, 1]; the last axis has three values."""
    linear = srgb_to_linear(np.asarray(rgb, np.float32))
    x, y, z = np.moveaxis(_cube_root(linear @ _TO_XYZ.T.astype(np.float32)), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def srgb_of_lab(light: Plane, a: Plane, b: Plane) -> tuple[Plane, Plane, Plane]:
    """The colours of this lightness and hue whose chroma is as given, or the largest that sRGB can show.

    Hue angle and lightness stay, as where channels are cut off one by one they would not.

    Args:
        light: L* / 100, in [0, 1].
        a, b: a* and b*, in their own units.

    Returns:
        R, G, B planes in [0, 1].
    """
    y = (light + np.float32(0.16)) * np.float32(1 / 1.16)
    dx, dz = a * np.float32(1 / 500), b * np.float32(-1 / 200)
    linear = _linear_rgb(y, dx, dz)
    outside = _is_outside(linear)
    if outside.any():
        share = _shares_inside(y[outside], dx[outside], dz[outside])
        for plane, inside in zip(
            linear, _linear_rgb(y[outside], dx[outside] * share, dz[outside] * share), strict=True
        ):
            plane[outside] = inside
    red, green, blue = (linear_to_srgb(np.clip(plane, 0, 1, out=plane)) for plane in linear)
    return red, green, blue


def in_gamut(light: Plane, a: Plane, b: Plane) -> NDArray[np.bool_]:
    """Whether sRGB can show these colours; arguments as for :func:`srgb_of_lab`."""
    y = (light + np.float32(0.16)) * np.float32(1 / 1.16)
    return ~_is_outside(_linear_rgb(y, a * np.float32(1 / 500), b * np.float32(-1 / 200)))


def _shares_inside(y: Plane, dx: Plane, dz: Plane) -> Plane:
    """The part of each colour's chroma that lies inside the gamut, in [0, 1]: found by halving."""
    low, step = np.zeros_like(y), 0.5
    for _ in range(_HALVINGS):
        tried = low + np.float32(step)
        fits = ~_is_outside(_linear_rgb(y, dx * tried, dz * tried))
        np.copyto(low, tried, where=fits)
        step /= 2
    return low


def _linear_rgb(y: Plane, dx: Plane, dz: Plane) -> list[Plane]:
    """Linear R, G and B of cube roots: ``y`` of Y, and how far those of X and Z are from it."""
    x_light, y_light, z_light = _cubed(y + dx), _cubed(y), _cubed(y + dz)
    planes = []
    for from_x, from_y, from_z in _FROM_XYZ.astype(np.float32):
        plane = x_light * from_x
        plane += y_light * from_y
        plane += z_light * from_z
        planes.append(plane)
    return planes


def _is_outside(planes: list[Plane]) -> NDArray[np.bool_]:
    red, green, blue = planes
    lowest = np.minimum(np.minimum(red, green), blue)
    highest = np.maximum(np.maximum(red, green), blue)
    outside: NDArray[np.bool_] = (lowest < -_TOLERANCE) | (highest > 1 + _TOLERANCE)
    return outside


def _lightness(luminance: Plane) -> Plane:
    light = _cube_root(luminance)
    light *= np.float32(1.16)
    light -= np.float32(0.16)
    return light


def _cube_root(light: Plane) -> Plane:
    """CIELAB's f: a cube root with a straight line near black."""
    straight = light * (1 / _SLOPE) + _SHIFT
    root: Plane = np.minimum(straight, np.cbrt(np.maximum(light, _DELTA_CUBED)))
    return root


def _cubed(root: Plane) -> Plane:
    """The inverse of f."""
    curved = np.maximum(root, _DELTA)
    cubed: Plane = curved * curved
    cubed *= curved
    straight = np.minimum(root, _DELTA)
    straight -= _SHIFT
    straight *= _SLOPE
    straight -= _DELTA_CUBED
    cubed += straight
    return cubed
