"""Running an opened filter: on a picture or on a region of it, and which input crop a region needs.

A region of the result is made by running the filter on a crop of the picture: the region with a margin, cut
where the networks' size multiples, the resampling and the filling of transparent colours fall as they do in
the whole, so that it equals that region of the whole result.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from unfade.errors import UsageError
from unfade.filters.carry import carried_around
from unfade.inference import Bounds, Extent, unheeded
from unfade.models import ModelCard, Tiling
from unfade.picture import Picture, fill_transparent, scratch

T = TypeVar("T")

Progress = Callable[[float, int], None]
"""Called with (tiles done, tiles in all) for one picture; may raise :class:`unfade.errors.Cancelled`."""

_RESAMPLING = 4  # source pixels a kernel reaches: 3 lobes, and one for rounding
_FILLING = 128  # what fill_transparent looks at around a pixel ...
_FILLING_GRID = 64  # ... and the blocks it averages over
_FINEST = 64  # the largest denominator of a scale whose resampling is repeated exactly


@dataclass(frozen=True)
class Report:
    """What ran."""

    model: str
    """Names of the models, joined by " + "."""
    provider: str
    """ONNX Runtime's name of the execution provider that did the work."""
    fallback: str | None
    """A sentence that says why it was not the GPU; None where nothing was given up."""
    engine_seconds: float
    """Time spent running the network on tiles, without reading, writing and resampling."""
    recipe: list[dict[str, Any]] | None = None
    """The steps that the filter chose, as recipes have them; None where it had nothing to choose."""
    chosen: Mapping[str, float] = field(default_factory=dict)
    """Options that were left to the picture, and their values for it, and what else it decided."""
    warnings: tuple[str, ...] = ()
    """Sentences on what was asked for and not done."""


@dataclass(frozen=True)
class Result:
    """A filtered picture, or a region of it."""

    picture: Picture
    """Of the dtype and with the metadata of the picture it was made from."""
    at: Bounds
    """Where it lies in the whole result."""
    exact: bool
    """Whether it equals that region of the whole result (within rounding, where anything is to be seen)."""
    mask: NDArray[np.uint8] | None
    """HW, 255 surely: what the filter found, where it finds something and the mask was wanted."""
    report: Report


class Memo:
    """What runners keep from one run to the next: the latest of each kind.

    The owner of opened runners owns one for each engine, and hands :meth:`of` a picture's identity to their
    runs. What depends on the picture's pixels is then found again without looking at them.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[_Picture | None, Hashable, Any]] = {}
        self._picture: _Picture | None = None

    def of(self, picture: Hashable) -> Memo:
        """The same for runs on this picture; equal identities mean equal pixels."""
        return self._for(_Picture(picture))

    def after(self, steps: Hashable) -> Memo:
        """The same for runs on what these steps make of the picture."""
        return self._for(self._picture and self._picture._replace(steps=steps))

    def recall(self, kind: str, key: Hashable) -> Any:
        """What was kept of this picture under the key; None for nothing, and where the picture is unknown."""
        picture, kept_key, value = self._kept.get(kind, (None, None, None))
        return value if picture is not None and (picture, kept_key) == (self._picture, key) else None

    def recall_any(self, kind: str, key: Hashable) -> Any:
        """What was kept under the key of whichever picture: its contents have to be compared."""
        _, kept_key, value = self._kept.get(kind, (None, None, None))
        return value if kept_key == key else None

    def keep(self, kind: str, key: Hashable, value: Any) -> None:
        """Keeps a value of this picture, in place of the kind's last one."""
        self._kept[kind] = (self._picture, key, value)

    def once(self, kind: str, key: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` finds out about this picture, kept under the key from the first time on."""
        kept: tuple[T] | None = self.recall(kind, key)
        if kept is None:
            with unheeded():
                kept = (make(),)
            self.keep(kind, key, kept)
        return kept[0]

    def forget(self, picture: Hashable) -> None:
        """Lets go of all that was made of a picture."""
        for kind, (of, _, _) in tuple(self._kept.items()):
            if of is not None and of.id == picture:
                del self._kept[kind]

    def _for(self, picture: _Picture | None) -> Memo:
        view = Memo()
        view._kept, view._picture = self._kept, picture
        return view


class _Picture(NamedTuple):
    """What a memo knows a picture by."""

    id: Hashable
    steps: Hashable = ()


@dataclass(frozen=True)
class Crop:
    """Which crop of the input a region of the result is made from."""

    input: Bounds
    """Of the picture: what the filter is run on."""
    inner: Bounds
    """Of what that run makes: the region wanted."""
    output: Bounds
    """Where the region lies in the whole result."""
    exact: bool
    """Whether it equals that region of the whole result (within rounding, where anything is to be seen)."""
    whole: bool = False
    """Whether the whole result is wanted, not a region of it."""

    def result(self, picture: Picture, report: Report, mask: NDArray[np.uint8] | None = None) -> Result:
        """The result, from what the filter made of :attr:`input`."""
        if mask is not None and (self.inner.height, self.inner.width) != mask.shape:
            mask = cut(mask, self.inner).copy()
        return Result(cut_picture(picture, self.inner), self.output, self.exact, mask, report)


class Runner(ABC):
    """A filter with its models open, or a chain of them."""

    @abstractmethod
    def output_size(self, size: Extent) -> Extent:
        """How large the result for a picture of that size is."""

    def survey(  # noqa: B027 - most filters need no such look
        self, sources: Sequence[Path], progress: Progress | None = None
    ) -> None:
        """Told before the first of many pictures which files are to come: a filter that treats them alike
        looks at all of them here. Files that cannot be read are left out; their own turn will tell."""

    @abstractmethod
    def run(
        self,
        picture: Picture,
        *,
        region: Bounds | None = None,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        """The filtered picture.

        Args:
            region: what of it is wanted, in pixels of ``picture``; None for all.
            want_mask: whether the mask comes with it, where the filter makes one.
            progress: told before the first tile and after every one; what it raises stops the run and passes
                through.
            memo: what is kept of this picture from one run to the next; None for nothing.

        Raises:
            UsageError: the region is not inside the picture, or the filter's marks are not.
            ModelError, DeviceError, OutOfMemory: a model could not be run.
        """


@dataclass(frozen=True)
class Earlier:
    """What the steps of a chain before a step do to the picture."""

    size: Extent
    """Of what they make of it."""
    filters: Collection[str] = ()
    """Their names."""
    keep_colours: bool = True
    """Whether all of them do (see :class:`~unfade.filters.base.Filter`)."""


class PassProgress:
    """The tiles of several passes over a picture counted as those of one run."""

    def __init__(self, totals: Sequence[int], progress: Progress | None) -> None:
        """``totals``: tiles of each pass; a layout that changes on the way changes the sum."""
        self._totals = list(totals)
        self._tell = progress

    def of_pass(self, index: int) -> Progress | None:
        """The callback for one pass."""
        if self._tell is None:
            return None
        tell, totals = self._tell, self._totals

        def progress(done: float, total: int) -> None:
            totals[index] = total
            tell(sum(totals[:index]) + done, sum(totals))

        return progress

    def skip(self, passes: range) -> None:
        """For passes that are not needed: those left make up the rest."""
        for index in passes:
            self._totals[index] = 0

    def end(self) -> None:
        """Tells that the passes left are not needed."""
        if self._tell is not None:
            self._tell(sum(self._totals), sum(self._totals))


class FilterRunner(Runner):
    """One filter with its models open: a step of a chain.

    A new filter gives :meth:`run_crop`; :meth:`crop` where it need not see the whole picture for a region of
    the result, :meth:`output_size` where it changes the size, and :meth:`for_picture` where something about
    the whole picture decides how it is run.
    """

    by_values: bool = True
    """As of its :class:`~unfade.filters.base.Filter`."""

    def output_size(self, size: Extent) -> Extent:
        """That of the picture, unless the filter says otherwise."""
        return size

    def for_picture(
        self,
        picture: Picture,  # noqa: ARG002
        memo: Memo,  # noqa: ARG002
        earlier: Earlier,  # noqa: ARG002
    ) -> FilterRunner:
        """The runner with all decided that the picture decides, so that its regions equal those of the whole.

        Args:
            picture: the whole of what a run begins with; of a chain, what its first step reads.
            memo: of the picture.
            earlier: what comes before in a chain.
        """
        return self

    def crop(self, size: Extent, region: Bounds, *, transparent: bool) -> Crop:  # noqa: ARG002
        """The input crop needed for the part of the result that is made of ``region``.

        This one is for filters that keep the size and need all of the input.

        Args:
            size: of the picture.
            region: in pixels of the picture.
            transparent: whether there may be fully transparent pixels around.
        """
        return Crop(all_of(size), region, region, exact=True)

    @abstractmethod
    def run_crop(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        """What ``crop`` is for, from ``piece``, the pixels of ``crop.input``; the rest as for :meth:`run`.

        Its callers call :meth:`run_piece`: values of floats are in [0, 1] here.
        """

    def run_piece(
        self,
        piece: Picture,
        crop: Crop,
        *,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        """:meth:`run_crop`, with what networks do not know taken around (:mod:`unfade.filters.carry`)."""
        carried = carried_around(piece, by_values=self.by_values)
        seen = piece if carried is None else carried.seen
        result = self.run_crop(seen, crop, want_mask=want_mask, progress=progress, memo=memo)
        if carried is None:
            return result
        picture = carried.back(result.picture, crop.inner, self.output_size(size_of(piece)))
        return dataclasses.replace(result, picture=picture)

    def shown(self, picture: Picture) -> Picture:
        """What :meth:`run_crop` gets to see of a picture, for those who look at it outside of a run."""
        carried = carried_around(picture, by_values=self.by_values)
        return picture if carried is None else carried.seen

    def run(
        self,
        picture: Picture,
        *,
        region: Bounds | None = None,
        want_mask: bool = False,
        progress: Progress | None = None,
        memo: Memo | None = None,
    ) -> Result:
        size = size_of(picture)
        if region is not None:
            check_region(region, size)
        runner = self.for_picture(picture, memo or Memo(), Earlier(size))
        if region is None:
            crop = runner.whole(size)
        else:
            crop = runner.crop(size, region, transparent=False)
            if has_transparent(picture, crop.input):
                crop = runner.crop(size, region, transparent=True)
        piece = cut_picture(picture, crop.input)
        return runner.run_piece(piece, crop, want_mask=want_mask, progress=progress, memo=memo)

    def whole(self, size: Extent) -> Crop:
        """The crop for all of the result."""
        output = all_of(self.output_size(size))
        return Crop(all_of(size), output, output, exact=True, whole=True)


def crop_for(
    cards: Sequence[ModelCard], scale: float, region: Bounds, size: Extent, *, transparent: bool = False
) -> Crop:
    """The crop for networks that run one after the other and whose result is resampled to ``scale``.

    Args:
        region: what is wanted, in pixels of the picture.
        size: of the picture.
        transparent: there are transparent pixels nearby, whose colours come from farther away.
    """
    margin, multiple, enlarged = _RESAMPLING, 1, 1
    for card in cards:
        margin += math.ceil(card.halo / enlarged)
        multiple = math.lcm(multiple, card.size_multiple // math.gcd(card.size_multiple, enlarged))
        enlarged *= card.scale
    if transparent:
        margin, multiple = margin + _FILLING, math.lcm(multiple, _FILLING_GRID)
    ratio = Fraction(scale).limit_denominator(_FINEST)
    repeatable = abs(float(ratio) - scale) < 1e-9
    if repeatable:
        multiple = math.lcm(multiple, ratio.denominator)
    whole = scaled_size(size, scale)
    fits = ratio * size.height == whole.height and ratio * size.width == whole.width
    rows = _side(region.y, region.bottom, size.height, margin, multiple, scale)
    columns = _side(region.x, region.right, size.width, margin, multiple, scale)
    return Crop(
        input=Bounds(rows.start, columns.start, rows.length, columns.length),
        inner=Bounds(rows.skip, columns.skip, rows.wanted, columns.wanted),
        output=Bounds(rows.at, columns.at, rows.wanted, columns.wanted),
        exact=repeatable and fits and all(card.tiling is Tiling.EXACT for card in cards),
    )


def region_behind(wanted: Bounds, result: Extent, source: Extent) -> Bounds:
    """The region of a picture whose result holds ``wanted``, where ``source`` pixels became ``result``."""
    y, height = _behind(wanted.y, wanted.bottom, result.height, source.height)
    x, width = _behind(wanted.x, wanted.right, result.width, source.width)
    return Bounds(y, x, height, width)


def scaled_size(size: Extent, scale: float) -> Extent:
    """Each side times ``scale``, rounded half up, at least 1."""
    return Extent(max(1, _round(size.height * scale)), max(1, _round(size.width * scale)))


def scaled_bounds(bounds: Bounds, scale: float) -> Bounds:
    """Where a rectangle of the picture comes to lie in a result ``scale`` times as large."""
    top, left = _round(bounds.y * scale), _round(bounds.x * scale)
    height = max(1, _round(bounds.bottom * scale) - top)
    return Bounds(top, left, height, max(1, _round(bounds.right * scale) - left))


def check_region(region: Bounds, size: Extent) -> None:
    """Raises UsageError for a region that is not inside a picture of that size."""
    if min(region.y, region.x) < 0 or min(region.height, region.width) < 1:
        raise UsageError("The region must have pixels and must not begin left of the picture or above it.")
    if region.bottom > size.height or region.right > size.width:
        raise UsageError(
            f"The region must lie inside the picture, which has {size.width} x {size.height} pixels."
        )


def size_of(picture: Picture) -> Extent:
    """The picture's size."""
    return Extent(picture.height, picture.width)


def all_of(size: Extent) -> Bounds:
    """All pixels of a picture of that size."""
    return Bounds(0, 0, size.height, size.width)


def cut(pixels: NDArray[Any], bounds: Bounds) -> NDArray[Any]:
    """The view of rows and columns inside ``bounds``."""
    return pixels[bounds.y : bounds.bottom, bounds.x : bounds.right]


def cut_picture(picture: Picture, bounds: Bounds) -> Picture:
    """A copy of what is inside ``bounds``, with the metadata; the picture itself where that is all of it."""
    if bounds == all_of(size_of(picture)):
        return picture
    return Picture(np.ascontiguousarray(cut(picture.pixels, bounds)), picture.metadata)


def squares_over(size: Extent, side: int, count: int = 3) -> list[Bounds]:
    """``count`` by ``count`` squares of that side, evenly all over a picture, or what there is of it."""
    height, width = min(size.height, side), min(size.width, side)

    def begins(free: int) -> list[int]:
        return sorted({round(free * (step + 0.5) / count) for step in range(count)})

    return [
        Bounds(y, x, height, width) for y in begins(size.height - height) for x in begins(size.width - width)
    ]


def room_like(picture: Picture) -> Picture:
    """Room for a result of the picture's size and type, with its alpha and metadata."""
    room = Picture(scratch.empty(picture.pixels.shape, picture.pixels.dtype), picture.metadata)
    if room.alpha is not None and picture.alpha is not None:
        room.alpha[...] = picture.alpha
    return room


def seen_colour(picture: Picture) -> NDArray[Any]:
    """The colours that a network is to see, HWC: those under alpha 0 are filled in, or they would bleed."""
    return picture.colour if picture.alpha is None else fill_transparent(picture.colour, picture.alpha)


def has_transparent(picture: Picture, bounds: Bounds) -> bool:
    """Whether a pixel inside ``bounds`` is fully transparent."""
    return picture.alpha is not None and not cut(picture.alpha, bounds).all()


class _Side(NamedTuple):
    """A crop along one side: where the input begins and how long it is, and so on for inner and output."""

    start: int
    length: int
    skip: int
    wanted: int
    at: int


def _side(begin: int, end: int, length: int, margin: int, multiple: int, scale: float) -> _Side:
    start = max(begin - margin, 0) // multiple * multiple
    stop = min(-(-(end + margin) // multiple) * multiple, length)
    at = _round(begin * scale)
    wanted = max(1, _round(end * scale) - at)
    # Rounding may be off by a pixel where the scale is no simple fraction; the region must fit all the same.
    skip = max(0, min(at - _round(start * scale), _round((stop - start) * scale) - wanted))
    return _Side(start, stop - start, skip, wanted, at)


def _behind(begin: int, end: int, length: int, source: int) -> tuple[int, int]:
    """Where a stretch of a side comes from when ``source`` pixels become ``length``, no fewer."""
    rounding = 0 if length == source else 1
    first = max(begin * source // length - rounding, 0)
    last = min(-(-end * source // length) + rounding, source)
    return first, last - first


def _round(value: float) -> int:
    """Half up, as sizes are rounded."""
    return math.floor(value + 0.5)
