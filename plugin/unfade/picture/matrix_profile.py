"""ICC profiles of a matrix and curves, computed in floats: exact where 16 bits must be.

Little CMS, behind libvips, takes 16-bit pixels through a table of 33 steps an axis. In dark tones of a linear
profile that is wrong by up to 19 of 255 steps.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unfade.picture import scratch
from unfade.picture.lab import linear_to_srgb, srgb_to_linear
from unfade.picture.picture import from_float, to_float

Floats = NDArray[np.float64]

_STRIP_PIXELS = 2**19
_STEPS = 2**16
_FINE_STEPS = 2**18  # of the way back, on sRGB's curve
SRGB_XYZ = np.array(
    [
        [0.4360420, 0.3851141, 0.1430467],
        [0.2224848, 0.7169045, 0.0606106],
        [0.0139203, 0.0970676, 0.7139175],
    ]
)
"""sRGB's light in XYZ, adapted to D50 (Bradford); the columns are red, green and blue."""
_PARAMETERS = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}


@dataclass(frozen=True, eq=False)
class MatrixProfile:
    """Curves from values to light, and a matrix from that to sRGB's light; for gray, one curve alone."""

    curves: tuple[Floats, ...]
    """For each channel, the light of _STEPS values from 0 to 1."""
    matrix: Floats | None
    """None for gray."""

    def to_srgb(self, colour: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
        """HW1 or HW3 pixels (uint8, uint16, float32) as sRGB of the given type."""
        return self._strips(colour, dtype, self._strip_to_srgb)

    def from_srgb(self, colour: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
        """sRGB pixels as values of the profile; light it has no values for is clipped."""
        return self._strips(colour, dtype, self._strip_from_srgb)

    def _strips(self, colour: NDArray[Any], dtype: DTypeLike, convert: Any) -> NDArray[Any]:
        out = scratch.empty(colour.shape, dtype)
        rows = max(1, _STRIP_PIXELS // colour.shape[1])
        for y in range(0, len(colour), rows):
            out[y : y + rows] = from_float(convert(to_float(colour[y : y + rows])), dtype)
            scratch.let_go()
        return out

    def light(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values in [0, 1], HWC, as light of sRGB's primaries, whatever its range."""
        light = np.stack([_looked_up(curve, values[..., i]) for i, curve in enumerate(self.curves)], axis=2)
        return light if self.matrix is None else light @ self.matrix.T.astype(np.float32)

    def _strip_to_srgb(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        return linear_to_srgb(np.clip(self.light(values), 0, 1))

    def _strip_from_srgb(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.matrix is not None:
            light = srgb_to_linear(values) @ np.linalg.inv(self.matrix).T.astype(np.float32)
            values = linear_to_srgb(np.clip(light, 0, 1))
        index = np.rint(np.clip(values, 0, 1) * np.float32(_FINE_STEPS - 1)).astype(np.int32)
        return np.stack([back[index[..., i]] for i, back in enumerate(self._ways_back)], axis=2)

    @functools.cached_property
    def _ways_back(self) -> list[NDArray[np.float32]]:
        """For each channel, the profile's values of _FINE_STEPS values on sRGB's curve."""
        light = srgb_to_linear(np.linspace(0, 1, _FINE_STEPS, dtype=np.float32))
        values = np.arange(_STEPS) / (_STEPS - 1)
        return [np.interp(light, curve, values).astype(np.float32) for curve in self.curves]


@functools.lru_cache(maxsize=8)
def matrix_profile(icc: bytes, gray: bool) -> MatrixProfile | None:
    """The profile as a matrix and curves; None if it is of another kind (tables), or damaged."""
    try:
        tags = _tags(icc)
        if b"A2B0" in tags or b"B2A0" in tags or icc[20:24] != b"XYZ ":
            return None
        if gray:
            curves = (_curve(tags[b"kTRC"]),)
            matrix = None
        else:
            curves = tuple(_curve(tags[name + b"TRC"]) for name in (b"r", b"g", b"b"))  # type: ignore[assignment]
            xyz = [np.array(struct.unpack_from(">3i", tags[name + b"XYZ"], 8)) for name in (b"r", b"g", b"b")]
            matrix = np.linalg.solve(SRGB_XYZ, np.stack(xyz, axis=1) / 65536)
            white = matrix.sum(axis=1, keepdims=True)
            if np.abs(white - 1).max() < 0.01:  # rounded numbers must not tint grays
                matrix = matrix / white
            if abs(np.linalg.det(matrix)) < 1e-6:
                return None
    except (KeyError, ValueError, struct.error, np.linalg.LinAlgError):
        return None
    rising = all((np.diff(curve) >= 0).all() and curve[-1] > curve[0] for curve in curves)
    return MatrixProfile(curves, matrix) if rising else None


def _looked_up(curve: Floats, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The curve at values in [0, 1], between its steps in a straight line."""
    at = np.clip(values, 0, 1) * np.float32(_STEPS - 1)
    below = np.minimum(at.astype(np.int32), _STEPS - 2)
    table = curve.astype(np.float32)
    low = table[below]
    result: NDArray[np.float32] = low + (table[below + 1] - low) * (at - below)
    return result


def _tags(icc: bytes) -> Mapping[bytes, bytes]:
    (count,) = struct.unpack_from(">I", icc, 128)
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * i) for i in range(min(count, 100))]
    return {name: icc[start : start + size] for name, start, size in entries}


def _curve(tag: bytes) -> Floats:
    """The light of _STEPS values, of a curve by table or by formula (ICC.1:2010, 10.5 and 10.15)."""
    values = np.arange(_STEPS) / (_STEPS - 1)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return values
        table = np.frombuffer(tag, ">u2", count, 12)
        if count == 1:
            return np.asarray(values ** (table[0] / 256))
        return np.interp(values, np.linspace(0, 1, count), table / 65535)
    if tag[:4] == b"para":
        kind = struct.unpack_from(">H", tag, 8)[0]
        names = _PARAMETERS[kind]
        p = dict(zip(names, struct.unpack_from(f">{len(names)}i", tag, 12), strict=True))
        g, a, b, c, d, e, f = (p.get(name, 65536 if name == "a" else 0) / 65536 for name in "gabcdef")
        if kind in (1, 2):  # a power from where its base is positive on, on top of c
            d, c, e, f = -b / a if a else 0.0, 0.0, c, c
        power = np.maximum(a * values + b, 0) ** g + e
        return np.asarray(np.clip(np.where(values >= d, power, c * values + f), 0, 1))
    raise ValueError("no such curve")
