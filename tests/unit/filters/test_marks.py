"""Inks and mattes of watermarks: drawn on a photograph by a renderer, taken off by what is read of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tests.unit.filters.pictures import apart, engine
from unfade.filters import DeartifactOptions
from unfade.filters.deartifact import DEARTIFACT
from unfade.filters.marks import ALL_LOOKS, Marks, certainty, read_marks, take_off
from unfade.filters.matte import MARGIN, Ink, Surroundings, View, _labels, believed, unmarked
from unfade.filters.runner import Memo, all_of, cut
from unfade.inference import Bounds, Extent
from unfade.picture import Picture

Floats = NDArray[np.float32]
INKS = [((1.0, 1.0, 1.0), 0.5), ((0.0, 0.0, 0.0), 0.7), ((0.8, 0.1, 0.15), 0.6)]


@pytest.fixture(scope="module")
def photo() -> Floats:
    with Image.open(Path(__file__).parents[3] / "examples" / "shepherd.webp") as image:
        small = image.convert("RGB").resize((448, 448 * image.height // image.width), Image.Resampling.BOX)
    return np.asarray(small, np.float32)[:288] / 255


def matte_of(photo: Floats) -> Floats:
    layer = Image.new("L", (photo.shape[1], photo.shape[0]))
    ImageDraw.Draw(layer).text((40, 60), "SAMPLE 2026", fill=255, font=ImageFont.load_default(56))
    return np.asarray(layer, np.float32) / 255


def marked(photo: Floats, colour: tuple[float, float, float], opacity: float) -> Floats:
    a = matte_of(photo)[..., None] * np.float32(opacity)
    return np.rint(255 * (photo * (1 - a) + a * np.array(colour, np.float32))).astype(np.float32) / 255


def blurred(plane: Floats, radius: float) -> Floats:
    image = Image.fromarray(np.rint(plane * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def view_of(photo: Floats, colour: tuple[float, float, float], opacity: float) -> View:
    """What a network says that sees a mark a little too wide, and paints over it with a blur and a shadow."""
    seen, matte = marked(photo, colour, opacity), matte_of(photo)
    mask = np.clip(3 * blurred(matte, 1.5), 0, 0.995)
    painted = 0.8 * blurred(photo, 4) + 0.2 * seen
    return View(seen, seen + mask[..., None] * (painted - seen), mask)


def sure_of(mask: Floats) -> float:
    return certainty([np.rint(255 * mask).astype(np.uint8)], ALL_LOOKS)


def overlap(mask: Floats, photo: Floats) -> float:
    """Intersection over union of what a mask says and of the letters."""
    said, drawn = mask > 0.5, matte_of(photo) > 0
    return float((said & drawn).sum() / (said | drawn).sum())


def error(result: Floats, photo: Floats) -> float:
    return float(((result - photo)[matte_of(photo) > 0] ** 2).mean())


@pytest.mark.parametrize(("colour", "opacity"), INKS)
def test_ink_and_picture_are_found(photo: Floats, colour: tuple[float, float, float], opacity: float) -> None:
    view = view_of(photo, colour, opacity)
    marks = read_marks(sure_of(view.mask), [view])
    assert marks.there and len(marks.inks) == 1
    ink = marks.inks[0]
    assert abs(ink.opacity - opacity) < 0.05
    assert np.abs(np.subtract(ink.colour, colour)).max() < 0.15
    clean = take_off(view, marks, all_of(Extent(*view.mask.shape)))
    result = clean.picture
    assert error(result, photo) < 0.6 * error(view.made, photo)
    assert overlap(clean.mask, photo) > overlap(view.mask, photo) + 0.05
    far = blurred(view.mask, 8) == 0
    assert far.mean() > 0.3
    np.testing.assert_array_equal(result[far], view.made[far])


def test_a_part_with_its_margin_is_a_part_of_the_whole(photo: Floats) -> None:
    one = view_of(photo[:256, :320], *INKS[0])
    view = View(
        *(np.tile(plane, (3, 3) + (1,) * (plane.ndim - 2)) for plane in (one.seen, one.made, one.mask))
    )
    marks = read_marks(1.0, [one])
    size = Extent(*view.mask.shape)
    whole = take_off(view, marks, all_of(size))
    inner = Bounds(320, 448, 64, 100)
    around = inner.grown(MARGIN).clipped(size)
    at = np.s_[around.y : around.bottom, around.x : around.right]
    place = inner.within(around)
    part = take_off(View(view.seen[at], view.made[at], view.mask[at]), marks, place)
    made, wanted = cut(view.made, inner), cut(whole.picture, inner)
    assert around != all_of(size) and np.abs(wanted - made).max() > 0.05
    assert apart(cut(part.picture, place), wanted) < 1e-4
    assert apart(cut(part.mask, place), cut(whole.mask, inner)) < 1e-4


def test_edges_are_parts_of_an_inks_density(photo: Floats) -> None:
    """What lies behind them then grows by equal factors."""
    view = view_of(photo, *INKS[1])
    where = np.arange(50)
    for inks, parts in (((Ink(*INKS[1]),), 8), ((Ink(*INKS[1]), Ink(*INKS[0])), 4)):
        labels = _labels(view, where, inks)
        assert len(labels) == 2 + parts * len(inks)
        for number, ink in enumerate(inks):
            gains = np.array([label.gain for label in labels[1 + number * parts :][:parts]])
            assert gains[0] == pytest.approx(1 / (1 - ink.opacity))
            np.testing.assert_allclose(gains[:-1] / gains[1:], gains[-1], rtol=1e-5)


def test_what_lies_between_letters_tells_what_lies_behind_them(photo: Floats) -> None:
    view = view_of(photo, *INKS[1])
    ink = Ink(*INKS[1])
    first = Surroundings.of(view.cleaned, view.mask, unmarked(view.mask))
    belief = believed(view, first, (ink,))
    again = first.closer(view, belief)
    drawn = matte_of(photo) > 0.5
    off = [np.abs(field.colour - photo)[drawn].mean() for field in (first, again)]
    assert again.known.sum() > first.known.sum() and off[1] < 0.9 * off[0]


def test_what_the_network_is_not_sure_of_is_no_mark(photo: Floats) -> None:
    view = view_of(photo, *INKS[0])
    unsure = View(view.seen, view.made, 0.6 * view.mask)
    marks = read_marks(sure_of(unsure.mask), [unsure])
    assert marks.sure < ALL_LOOKS.certain and not marks.there and not marks.inks
    assert read_marks(certainty([np.zeros((9, 9), np.uint8)], ALL_LOOKS), []) == Marks(0.0)


def test_a_page_full_of_letters_is_no_mark(photo: Floats) -> None:
    mask = view_of(photo, *INKS[0]).mask
    rows, columns = mask[55:125], np.argwhere(mask.max(axis=0) > 0)
    letters = rows[:, columns.min() : columns.max()]
    assert sure_of(mask) >= ALL_LOOKS.certain and (letters > 0.5).mean() > 0.2
    assert sure_of(np.tile(letters, (5, 1))) == 0


def test_of_little_that_is_marked_more_must_be_certain() -> None:
    """A plate, a label: a network is as sure of their few letters as of a mark across the picture."""
    mask = np.zeros((512, 512), np.uint8)
    mask[:30, :100] = 180
    mask[:15, :100] = 255
    assert (
        certainty([mask], ALL_LOOKS) == pytest.approx(1500 / 3400)
        and certainty([mask], ALL_LOOKS) >= ALL_LOOKS.certain
    )
    small = np.zeros_like(mask)
    small[:20, :20] = mask[5:25, 5:25]
    assert (
        certainty([small], ALL_LOOKS) == pytest.approx(200 / 800)
        and certainty([small], ALL_LOOKS) < ALL_LOOKS.certain
    )
    assert certainty([mask, small], ALL_LOOKS) == pytest.approx(1700 / 3800)


def test_no_ink_leaves_the_networks_result(photo: Floats) -> None:
    view = view_of(photo, *INKS[0])
    left = take_off(view, Marks(0.9), all_of(Extent(*view.mask.shape)))
    assert left.picture is view.made and left.mask is view.mask


def test_an_ink_that_explains_nothing_is_not_trusted(photo: Floats) -> None:
    """Each letter has a colour of its own, from the upper end to the lower: no one ink makes that."""
    view = view_of(photo, *INKS[0])
    hue = np.linspace(0, 6, photo.shape[1], dtype=np.float32)[None, :, None]
    colours = 0.5 + 0.5 * np.sin(hue + np.array([0, 2, 4], np.float32))
    a = matte_of(photo)[..., None] * np.float32(0.7)
    rainbow = View((photo * (1 - a) + a * colours).astype(np.float32), blurred(photo, 2), view.mask)
    assert read_marks(1.0, [rainbow]).trust < 0.2


@pytest.mark.parametrize("opacity", [0.02, 0.3])
def test_what_shows_less_than_the_networks_result_stays(photo: Floats, opacity: float) -> None:
    """White letters on what is nearly white, which the network leaves gray."""
    bright = (0.93 + 0.05 * photo).astype(np.float32)
    view = view_of(bright, (1.0, 1.0, 1.0), opacity)
    grayer = View(view.seen, (view.seen - 0.12 * view.mask[..., None]).astype(np.float32), view.mask)
    stays = read_marks(1.0, [grayer])
    assert stays.there and stays.stays and not stays.goes
    better = View(view.seen, bright, view.mask)
    assert read_marks(1.0, [better]).goes


def test_regions_of_a_marked_picture_are_those_of_the_whole(photo: Floats) -> None:
    source = Picture(np.rint(255 * marked(photo, *INKS[1])[40:168, 20:420]).astype(np.uint8))
    runner = DEARTIFACT.open(DeartifactOptions(watermark=True), engine(1024))
    whole = runner.run(source, want_mask=True)
    assert whole.report.chosen["watermark"] >= ALL_LOOKS.certain
    region, memo = Bounds(10, 30, 90, 200), Memo().of("this")
    told = Memo().of("this")  # by the whole
    runner.run(source, memo=told)
    for one in (memo, memo, told):
        part = runner.run(source, region=region, want_mask=True, memo=one)
        at = np.s_[region.y : region.bottom, region.x : region.right]
        assert part.exact and apart(part.picture.pixels, whole.picture.pixels[at]) <= 1 / 255
