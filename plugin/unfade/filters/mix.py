"""What options do to full-strength results: the arithmetic of strength, detail and saturation.

Filters do it where a result is made, and the window where it has one already: a name in a filter's
``live_options`` means the same everywhere.

    strength    0 what was there before, or its plain enlargement; 1 the network's result
    detail      0 the faithful model's result, 1 the GAN model's
    grain       0 the result without new grain, 1 with
    luma        0 the brightness that was there before, 1 the network's
    chroma      0 the colour that was there before, 1 the network's
    saturation  0 gray, 1 the result's colours, 2 twice as much
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from unfade.filters.carry import carried_around, off_curve, on_curve
from unfade.filters.runner import crop_for, cut, cut_picture, scaled_bounds, size_of
from unfade.inference import Bounds, Extent
from unfade.picture import Kernel, Picture, bilinear, from_float, resize, to_float

Options = TypeVar("Options")
Plane = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601, the luma of JPEG and of Pillow."""
PLAIN = Kernel.BICUBIC
"""What a picture is enlarged by where no network is wanted."""

_FULL = {"strength": 1.0, "detail": 0.0, "grain": 0.0, "luma": 1.0, "chroma": 1.0, "saturation": 1.0}
OVER_SOURCE = frozenset({"strength", "luma", "chroma"})
"""The options that need what was there before beside the result."""
_UNSURE, _SURE = 26, 102  # values of the mask, of 255, that begin to protect and that protect wholly
_GROWN = 5  # pixels: a mark's soft edge and its shadow reach a little beyond what the mask says ...
_SOFTENED = 2  # ... and the protection fades out over twice as many, the inner half of them lost again

PROTECTION_REACH = _GROWN + _SOFTENED
"""How far, in pixels, :func:`protection` feels the mask."""


@dataclass(frozen=True)
class Mix:
    """How full-strength results are blended: the values of the live options, by their names."""

    strength: float = 1.0
    detail: float = 0.0
    grain: float = 0.0
    luma: float = 1.0
    chroma: float = 1.0
    saturation: float = 1.0

    @classmethod
    def of(cls, options: Any, live: Collection[str]) -> Mix:
        """What these of a filter's options ask for; the others stay at their neutral values."""
        values = {name: getattr(options, name) for name in live}
        return cls(**{name: value for name, value in values.items() if value is not None})

    @property
    def plain(self) -> bool:
        """Whether the result is shown as it is."""
        return self == Mix()

    @property
    def needs_under(self) -> bool:
        """Whether what was there before is needed beside the result."""
        return any(getattr(self, name) != _FULL[name] for name in OVER_SOURCE)


def at_full(options: Options, live: Collection[str]) -> Options:
    """A filter's options with these of them at full strength: what :func:`mixed` starts from.

    ``detail`` and ``grain`` become 0; the result for 1 has to be asked for as well.
    """
    found: Options = dataclasses.replace(options, **{name: _FULL[name] for name in live})  # type: ignore[type-var]
    return found


def mixed(
    result: NDArray[Any],
    mix: Mix,
    *,
    other: NDArray[Any] | None = None,
    under: NDArray[Any] | None = None,
    linear: bool = False,
) -> NDArray[Any]:
    """Full-strength results as ``mix`` wants them, as the filter itself would have made them within rounding.

    What lies outside [0, 1] in floats stays, as in :mod:`unfade.filters.carry`.

    Args:
        result: HWC, of any of the types that pictures have; its alpha stays.
        mix: how.
        other: the result for detail, or grain, 1, of the same shape; None where those are 0.
        under: what strength 0 gives, of the same size; gray may lie under colour. None where it is not
            needed.
        linear: whether the values are linear light, which is blended on the curve that networks know.
    """
    if mix.plain:
        return result
    colours = 1 if result.shape[2] < 3 else 3

    def seen(pixels: NDArray[Any]) -> NDArray[np.float32]:
        values = to_float(pixels[..., : 1 if pixels.shape[2] < 3 else 3])
        return on_curve(values) if linear else values

    colour = seen(result)
    below, above = (None if each is None else seen(each) for each in (under, other))
    all_seen = [each for each in (colour, below, above) if each is not None]
    if above is not None and mix.detail > 0:
        colour = weighted((colour, above), (1 - mix.detail, mix.detail))
    grained = None
    if above is not None and mix.grain > 0:
        grained = np.float32(mix.grain) * (above - colour)
    if below is not None:
        colour = parted(colour, below, mix.luma, mix.chroma)
    if grained is not None:
        colour = colour + grained
    if colours == 3 and mix.saturation != 1:
        inside = np.clip(colour, 0, 1)
        planes = saturated(tuple(np.moveaxis(inside, -1, 0)), mix.saturation)
        colour = np.stack(planes, axis=-1) + (colour - inside)
    if below is not None and mix.strength < 1:
        colour = over(colour, below, mix.strength)
    if result.dtype == np.float32:
        least, most = np.minimum(all_seen[0], 0), np.maximum(all_seen[0], 1)
        for each in all_seen[1:]:
            least, most = np.minimum(least, each), np.maximum(most, each)
        colour = np.clip(colour, least, most)
    if linear:
        colour = off_curve(colour)
    out: NDArray[Any] = np.empty_like(result)
    out[..., :colours] = colour if result.dtype == np.float32 else from_float(colour, result.dtype)
    out[..., colours:] = result[..., colours:]
    return out


def plain_enlargement(picture: Picture, region: Bounds, scale: float) -> NDArray[Any]:
    """What Upscale's strength 0 gives for a region: its colours (HWC, of the picture's dtype)."""
    crop = crop_for([], scale, region, size_of(picture))
    carried = carried_around(cut_picture(picture, crop.input))
    seen = cut(picture.colour, crop.input) if carried is None else carried.seen.colour
    bounds = scaled_bounds(crop.input, scale)
    large = cut(resize(to_float(seen), (bounds.height, bounds.width), PLAIN), crop.inner)
    if carried is None:
        return from_float(large, picture.pixels.dtype)
    made = Picture(np.ascontiguousarray(from_float(large, np.float32)))
    return carried.back(made, crop.inner, Extent(bounds.height, bounds.width)).colour


def luma_of(colour: NDArray[np.float32]) -> NDArray[np.float32]:
    """The luma, HW, of HWC colours; gray is its own."""
    luma: NDArray[np.float32] = colour @ LUMA if colour.shape[2] == 3 else colour[..., 0]
    return luma


def weighted(results: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float32]:
    """The weighted sum of arrays of one shape."""
    total = results[0] * np.float32(weights[0])
    for weight, result in zip(weights[1:], results[1:], strict=True):
        total += result * np.float32(weight)
    return total


def over(
    result: NDArray[np.float32], under: NDArray[np.float32], share: float | NDArray[np.float32]
) -> NDArray[np.float32]:
    """``result`` laid over ``under`` with an opacity of ``share``, a number or an array that broadcasts.

    Share 0 gives ``under`` to the last bit.
    """
    laid: NDArray[np.float32] = result - under
    laid *= share if isinstance(share, np.ndarray) else np.float32(share)
    laid += under
    return laid


def parted(
    result: NDArray[np.float32], under: NDArray[np.float32], luma: float, chroma: float
) -> NDArray[np.float32]:
    """``result`` over ``under``, both HWC, with one opacity for what differs in luma, one for the rest."""
    if luma == chroma:
        return result if luma == 1 else over(result, under, luma)
    if result.shape[2] == 1:
        return over(result, under, luma)
    laid = over(result, under, chroma)
    laid += np.float32(luma - chroma) * ((result - under) @ LUMA)[..., None]
    return laid


def lay_over(into: NDArray[Any], under: NDArray[Any], share: float | NDArray[np.float32]) -> None:
    """:func:`over` in place, for HWC pixels of any type that pictures have; ``share`` is HW1 or a number."""
    planes = share[..., 0] if isinstance(share, np.ndarray) else share
    for channel in range(into.shape[2]):  # numpy goes along rows then: all at once takes three times as long
        above, below = to_float(into[..., channel]), to_float(under[..., channel])
        into[..., channel] = from_float(over(above, below, planes), into.dtype)


def saturated(rgb: Sequence[Plane], saturation: float) -> tuple[Plane, ...]:
    """Planes in [0, 1] moved away from their luma, or towards it, and cut off at black and white."""
    if saturation == 1:
        return tuple(rgb)
    luma = sum(plane * weight for plane, weight in zip(rgb, LUMA, strict=True))
    return tuple(np.clip(luma + np.float32(saturation) * (plane - luma), 0, 1) for plane in rgb)


def protection(mask: NDArray[np.uint8], first: int, last: int) -> Plane | None:
    """The original's share where a watermark is left alone, HW float32 in [0, 1]; None for nothing.

    It is 1 up to three pixels around the mark, and falls to 0 within four more.

    Args:
        mask: of the whole picture, HW; only the rows around those asked for are read.
        first, last: the rows asked for.
    """
    top = max(first - PROTECTION_REACH, 0)
    near = mask[top : last + PROTECTION_REACH]
    if near.max(initial=0) <= _UNSURE:
        return None
    ramp = (np.arange(256, dtype=np.float32) - _UNSURE) / (_SURE - _UNSURE)
    share = np.clip(ramp, 0, 1).astype(np.float32).take(near)
    grown = _slid(_slid(share, 0, _GROWN, np.maximum), 1, _GROWN, np.maximum)
    return np.minimum(box_mean(grown, _SOFTENED)[first - top : last - top], 1)


def enlarged_part(planes: NDArray[Any], bounds: Bounds, size: Extent) -> Plane | None:
    """Small planes, CHW, over a part of a picture of that size, floats; None where the first is 0 there."""
    step = (planes.shape[1] / size.height, planes.shape[2] / size.width)
    rows, columns = (
        slice(max(int(begin * s) - 1, 0), int(end * s) + 2)
        for begin, end, s in zip((bounds.y, bounds.x), (bounds.bottom, bounds.right), step, strict=True)
    )
    if not planes[0, rows, columns].any():
        return None
    return bilinear(to_float(planes), (bounds.y, bounds.x), (bounds.height, bounds.width), step)


def box_mean(plane: Plane, radius: int) -> Plane:
    """HW: the mean of squares of 2 * ``radius`` + 1 pixels a side, edges repeated."""
    total = _slid(_slid(plane, 0, radius, np.add), 1, radius, np.add)
    total *= np.float32(1 / (2 * radius + 1) ** 2)
    return total


def _slid(plane: Plane, axis: int, radius: int, join: np.ufunc) -> Plane:
    """``join`` over windows of 2 * radius + 1 along an axis, edges repeated."""
    length = plane.shape[axis]
    pad = [(0, 0), (0, 0)]
    pad[axis] = (radius, radius)
    padded = np.moveaxis(np.pad(plane, pad, mode="edge"), axis, 0)
    total = padded[:length].copy()
    for shift in range(1, 2 * radius + 1):
        join(total, padded[shift : shift + length], out=total)
    return np.moveaxis(total, 0, axis)
