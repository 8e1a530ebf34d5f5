"""Translucent stains on old photographs: found in a small copy of the picture, taken off at its full size.

What is seen of a picture x under a stain of opacity a and colour c is ``(1 - a) x + a c`` (Porter and Duff
1984). A network names opacity and colour in the whole of a small copy. The colour wants to be exact, for at
an opacity of .8 it counts four times in what comes back: where a stain ends it is told by the picture on both
sides, which goes on under it. What is left of a stain's edge is damage like any other, which Repair fills.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unfade.errors import ModelError
from unfade.filters.ensemble import installed_model, turned, turned_back
from unfade.filters.mix import LUMA, box_mean, enlarged_part
from unfade.filters.runner import size_of
from unfade.inference import Bounds, Engine, Extent, Session, check_finite, row_strips
from unfade.models import ModelCard, Tiling
from unfade.picture import (
    Kernel,
    Picture,
    dilated,
    fill_transparent,
    from_float,
    regions,
    resize,
    scratch,
    to_float,
)

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

TASK = "stains"
"""Of the models that find stains: they are a part of Repair."""

_SMALLEST = 64  # pixels of a side of the copy: less is too little to tell a stain from a thing
_GLANCE = 2  # every so many pixels of the copy's are looked at where a picture is large
_LOOKS = 4  # at the copy and its mirror images, whose mean counts: one sees stains where there are none
_MARKED = 0.5  # a value of the network's mask that says there is a stain
_SURE = 0.9  # the least mean of it over a stain
_CORE = 2  # rows and columns around a pixel of the copy that all are marked, inside a stain
_LEAST_AREA, _MOST_AREA = 0.005, 0.6  # of the copy: less is Repair's network's to find, more is a tone
_FAINTEST = 0.15  # opacity: less is a shade
_DENSEST = 0.88  # through more nothing is seen
_EDGE, _AROUND = 3, 6  # pixels of the copy on each side of the edge that are neither, and of what is compared
_ENOUGH = 0.1  # of those, and of opacity by which the two sides differ, where they are compared
_PLACES = 15  # so many pixels at which they are, or a stain's colour cannot be told
_SOLID = 0.8  # of the usual opacity of a stain: what is less is its edge
_PLAIN = 0.008  # median detail of what surrounds a stain that a fill makes as well
_NOTHING, _RAMP = np.float32(0.05), np.float32(0.08)  # opacity up to which a picture stays, and how softly
_STRIP_PIXELS = 1 << 18


@dataclass(frozen=True)
class Stains:
    """What was found in the whole of a picture; nothing for none."""

    planes: Plane | None = None
    """4HW: opacity, 0 where nothing is taken off, and colour (sRGB), at the size of a small copy."""

    def __bool__(self) -> bool:
        return self.planes is not None

    def over(self, bounds: Bounds, size: Extent) -> Plane | None:
        """The planes for a part of a picture of that size, 4HW; None where no stain lies on it."""
        return None if self.planes is None else enlarged_part(self.planes, bounds, size)

    def opacity_over(self, bounds: Bounds, size: Extent) -> Plane | None:
        """The opacity alone, HW."""
        planes = None if self.planes is None else enlarged_part(self.planes[:1], bounds, size)
        return None if planes is None else planes[0]


def open_stain_finder(engine: Engine) -> Session | None:
    """The installed model that finds them; None where there is none.

    Raises:
        ModelError, DeviceError, OutOfMemory: it cannot be used.
    """
    model = installed_model(TASK)
    if model is None:
        return None
    session = engine.session(model.path)
    check_stain_finder(session.card)
    return session


def check_stain_finder(card: ModelCard) -> None:
    """Raises ModelError for a model that does not name mask, opacity and colour of stains."""
    takes = [tensor.channels for tensor in card.inputs]
    gives = [(output.colour_space, output.channels) for output in card.outputs]
    whole = card.tiling is Tiling.WHOLE and card.scale == 1
    if (takes, gives) != ([3], [("mask", 1), ("opacity", 1), ("sRGB", 3)]) or not whole:
        raise ModelError(f"The model {card.name} does not name stains: take it out of the models' folder.")


def find_stains(
    session: Session, picture: Picture, shown: Callable[[Picture], Picture], demand: float = 1.0
) -> Stains:
    """The stains that can be taken off a picture.

    Args:
        session: of the model that names them.
        picture: the whole of it.
        shown: what the network sees of a picture.
        demand: how much of the usual certainty is asked for.

    Raises:
        ModelError, DeviceError, OutOfMemory: as for running any model.
    """
    card = session.card
    assert card.working_size is not None  # every card of a model that runs whole has one
    share = min(1.0, card.working_size / max(picture.height, picture.width))
    height, width = (round(side * share) for side in (picture.height, picture.width))
    if min(height, width) < _SMALLEST:
        return Stains()
    copy, there = _copy(picture, shown, height, width)
    below, beside = -height % card.size_multiple, -width % card.size_multiple
    fed = np.pad(np.broadcast_to(copy, (height, width, 3)), ((0, below), (0, beside), (0, 0)), mode="edge")
    named = np.zeros((5, height, width), np.float32)
    for which in range(_LOOKS):
        seen = np.ascontiguousarray(turned(fed.transpose(2, 0, 1)[None], which))
        named += turned_back(_run(session, seen), which)[0, :, :height, :width] / np.float32(_LOOKS)
    named[0] *= there
    return _told(copy, there, named[0], named[1], np.moveaxis(named[2:], 0, -1), demand)


def _copy(
    picture: Picture, shown: Callable[[Picture], Picture], height: int, width: int
) -> tuple[Plane, Mask]:
    """The picture at that size, HWC in [0, 1], and where it is not transparent, HW."""
    step = max(1, min(picture.height // height, picture.width // width) // _GLANCE)
    glance = shown(Picture(np.ascontiguousarray(picture.pixels[::step, ::step]), picture.metadata))
    if glance.alpha is None:
        return to_float(resize(glance.colour, (height, width), Kernel.BILINEAR)), np.ones(
            (height, width), bool
        )
    colour = fill_transparent(glance.colour, glance.alpha)
    alpha = resize(glance.alpha[..., None], (height, width), Kernel.BILINEAR)[..., 0]
    return to_float(resize(colour, (height, width), Kernel.BILINEAR)), alpha > 0


def _run(session: Session, seen: Plane) -> Plane:
    """All that the model names of a window, one behind the other, N5HW."""
    card = session.card
    _, results = session.run_or_on_cpu({card.inputs[0].name: seen})
    parts = []
    for output in card.outputs:
        part = results[output.name]
        if part.shape != (1, output.channels, *seen.shape[2:]):
            raise ModelError(
                f"The model {card.name} gave an array of shape {part.shape} for a picture of shape "
                f"{seen.shape}: its file is damaged."
            )
        check_finite(part, card)
        parts.append(part)
    return np.concatenate(parts, axis=1)


def _told(copy: Plane, there: Mask, mask: Plane, opacity: Plane, colour: Plane, demand: float) -> Stains:
    """What of the network's maps is a stain that can be taken off, with the colour that its edge tells.

    Args:
        copy: HWC in [0, 1].
        there: HW, where it is not transparent.
        mask, opacity: HW.
        colour: HW3.
    """
    marked = mask > _MARKED
    light = copy.mean(axis=2)
    detail = np.abs(light - box_mean(light, 2))
    clean = there & ~dilated(marked, _EDGE)
    planes = np.zeros((4, *mask.shape), np.float32)
    labels = regions(marked)
    sizes = np.bincount(labels[marked]) / max(1.0, float(there.sum()))
    for label in np.flatnonzero((sizes >= _LEAST_AREA) & (sizes <= _MOST_AREA)):
        whole = labels == label
        core = whole & ~dilated(~whole, _CORE)
        if not core.any() or mask[core].mean() < _SURE * demand:
            continue
        usual = float(np.median(opacity[core]))
        if not _FAINTEST <= usual <= _DENSEST:
            continue
        solid = whole & ~dilated(~whole, _EDGE) & (opacity > _SOLID * usual)
        around = clean & dilated(whole, _EDGE + 2 * _AROUND)
        told = _colour_of(copy, opacity, solid, around)
        if told is None:
            told = np.median(colour[solid if solid.any() else core], axis=0)
        elif np.median(detail[around]) < _PLAIN:
            continue  # a fill makes that as well
        reach = dilated(whole, _EDGE) & ~(marked & ~whole)
        planes[0][reach] = np.minimum(opacity[reach], _DENSEST)
        ends = dilated(reach, 1) & (planes[0] == 0)  # only the opacity ends there, not the colour
        planes[1:, reach | ends] = told[:, None]
    return Stains(planes) if planes[0].any() else Stains()


def _colour_of(copy: Plane, opacity: Plane, solid: Mask, around: Mask) -> NDArray[np.float32] | None:
    """The colour of a stain, 3 or 1 values, by which the picture goes on under it; None where that cannot be
    told.

    Local means on the two sides of its edge are normalised convolutions (Knutsson and Westin 1993): of what
    is seen where it is dense, and where it is thin or ends. What lies beneath is the same on both, which
    gives the colour; of all places the median counts.
    """
    inside, outside = solid.astype(np.float32), around.astype(np.float32)
    near, far = box_mean(inside, _AROUND), box_mean(outside, _AROUND)
    near_most, far_most = np.maximum(near, 1e-6), np.maximum(far, 1e-6)
    dense, thin = (
        box_mean(opacity * inside, _AROUND) / near_most,
        box_mean(opacity * outside, _AROUND) / far_most,
    )
    here = (near > _ENOUGH) & (far > _ENOUGH) & (dense - thin > _ENOUGH)
    if np.count_nonzero(here) < _PLACES:
        return None
    dense, thin = dense[here], thin[here]
    told = []
    for channel in range(copy.shape[2]):
        plane = copy[..., channel]
        seen = (box_mean(plane * inside, _AROUND) / near_most)[here]
        goes_on = (box_mean(plane * outside, _AROUND) / far_most)[here]
        told.append(np.median(((1 - thin) * seen - (1 - dense) * goes_on) / (dense - thin)))
    return np.clip(np.array(told, np.float32), 0, 1)


def take_off(piece: Picture, stains: Stains, bounds: Bounds, size: Extent) -> Picture:
    """A piece of a picture without its stains; the piece itself where none lies on it.

    Args:
        bounds: where the piece lies in the whole picture.
        size: of that.
    """
    result: Picture | None = None
    for strip in row_strips(size_of(piece), _STRIP_PIXELS):
        scratch.let_go()
        planes = stains.over(_moved(strip, bounds), size)
        if planes is None:
            continue
        if result is None:
            result = Picture(scratch.copied(piece.pixels), piece.metadata)
        opacity, colour = planes[0], planes[1:]
        if piece.is_gray:
            colour = np.tensordot(LUMA, colour, 1)[None]
        through, goes = 1 - opacity, shown_by(opacity)
        rows = np.s_[strip.y : strip.bottom]
        for channel, tint in enumerate(colour):
            seen = to_float(piece.colour[rows][..., channel])
            beneath = np.clip((seen - opacity * tint) / through, 0, 1)
            result.colour[rows][..., channel] = from_float(seen + goes * (beneath - seen), piece.pixels.dtype)
    return result or piece


def mark_stains(mask: NDArray[np.uint8], stains: Stains, bounds: Bounds, size: Extent) -> None:
    """Says in the mask, HW, in place, where stains were taken off."""
    for strip in row_strips(Extent(*mask.shape), _STRIP_PIXELS):
        scratch.let_go()
        opacity = stains.opacity_over(_moved(strip, bounds), size)
        if opacity is not None:
            rows = mask[strip.y : strip.bottom]
            np.maximum(rows, from_float(shown_by(opacity), np.uint8), out=rows)


def shown_by(opacity: Plane) -> Plane:
    """How far a stain of that opacity is taken off: what has next to none stays as it is."""
    share: Plane = np.clip((opacity - _NOTHING) / _RAMP, 0, 1)
    return share


def _moved(strip: Bounds, bounds: Bounds) -> Bounds:
    return Bounds(strip.y + bounds.y, strip.x + bounds.x, strip.height, strip.width)
