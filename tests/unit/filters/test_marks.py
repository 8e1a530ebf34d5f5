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
from unfade.filters.matte import MARGIN, View
from unfade.filters.runner import Memo
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
    clean = take_off(view, marks)
    result = clean.picture
    assert error(result, photo) < 0.6 * error(view.made, photo)
    assert overlap(clean.mask, photo) > overlap(view.mask, photo) + 0.05
    far = blurred(view.mask, 8) == 0
    assert far.mean() > 0.3
    np.testing.assert_array_equal(result[far], view.made[far])


def test_a_part_with_its_margin_is_a_part_of_the_whole(photo: Floats) -> None:
    wide = np.tile(photo[:, :288], (2, 2, 1))
    view = view_of(wide, *INKS[0])
    marks = read_marks(1.0, [view])
    whole = take_off(view, marks).picture
    inner = Bounds(192, 192, 64, 100)
    around = inner.grown(MARGIN).clipped(Extent(*wide.shape[:2]))
    at = np.s_[around.y : around.bottom, around.x : around.right]
    part = take_off(View(view.seen[at], view.made[at], view.mask[at]), marks).picture
    place = inner.within(around)
    found = part[place.y : place.bottom, place.x : place.right]
    assert apart(found, whole[inner.y : inner.bottom, inner.x : inner.right]) < 1e-4


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
    left = take_off(view, Marks(0.9))
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
    assert stays.there and stays.stay and not stays.go
    better = View(view.seen, bright, view.mask)
    assert read_marks(1.0, [better]).go


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
