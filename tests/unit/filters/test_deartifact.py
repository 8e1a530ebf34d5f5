"""Pixels of cleaned pictures, made by real networks."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.models import black_model, cleaning_model, identity_model, nan_model
from tests.unit.filters.pictures import apart, deartifact, engine, picture
from unfade.errors import Cancelled, ModelError, UsageError
from unfade.filters import STROKES, DeartifactOptions, Memo, Result, Stroke, cut
from unfade.filters.deartifact import DEARTIFACT, Cleaner
from unfade.filters.marks import ALL_LOOKS, Marks, usual_places
from unfade.filters.quality import Estimate
from unfade.inference import Bounds, Engine, Extent
from unfade.models import Tensor, Tiling
from unfade.picture import Metadata, Picture, fill_transparent, from_float, to_float

LUMA = np.array([0.299, 0.587, 0.114])
ADD = Stroke("add", 6, ((30.0, 40.0), (70.0, 52.0)))
KEEP = Stroke("keep", 9, ((60.0, 60.0), (60.0, 20.0), (20.0, 70.0)))


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(cleaning_model(tmp_path / "clean.onnx", residual=0.3))


@pytest.fixture(autouse=True)
def compressed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """All pictures count as compressed: what they are made of was not, and would be left alone."""
    if "photo" not in request.fixturenames:
        monkeypatch.setattr("unfade.filters.quality.estimate_of", lambda _picture: Estimate(50.0))


@pytest.fixture
def photo() -> Picture:
    """A clean photograph, with what the test model takes for a watermark."""
    path = Path(__file__).parents[3] / "examples" / "shepherd.webp"
    with Image.open(path) as large:
        small = large.convert("RGB").resize((large.width // 3, large.height // 3), Image.Resampling.BOX)
    pixels = np.array(small)
    pixels[100:112, 30:90] = (242, 26, 26)
    return Picture(pixels)


def marked(height: int = 90, width: int = 100, channels: int = 3, dtype: str = "uint8") -> Picture:
    """Gray with noise, and a red bar, which the test model takes for a watermark."""
    pixels = to_float(picture(height, width, channels, dtype="float32").pixels) * np.float32(
        0.2
    ) + np.float32(0.3)
    pixels[40:52, 20:80, 0] = 0.95
    pixels[40:52, 20:80, 1:3] = 0.1
    return Picture(np.ascontiguousarray(from_float(pixels, dtype)))


def clean(source: Picture, options: DeartifactOptions, tile: int | None = None) -> Result:
    return DEARTIFACT.open(options, engine(tile)).run(source, want_mask=True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_kind_and_metadata_stay(model: str, dtype: str, channels: int) -> None:
    metadata = Metadata(icc=b"profile", dpi=(300.0, 300.0))
    source = Picture(picture(33, 47, channels, dtype=dtype).pixels, metadata)
    before = source.pixels.copy()
    result = deartifact(source, DeartifactOptions(model=model), engine())
    assert (result.pixels.shape, result.pixels.dtype) == (source.pixels.shape, source.pixels.dtype)
    assert result.metadata == metadata
    assert apart(result.colour, source.colour) > 0.02
    np.testing.assert_array_equal(source.pixels, before)
    if source.alpha is not None:
        np.testing.assert_array_equal(result.alpha, source.alpha)


@pytest.mark.parametrize("watermark", [True, False])
def test_depths_agree(model: str, watermark: bool) -> None:
    floats = marked(dtype="float32")
    options = DeartifactOptions(model=model, watermark=watermark)
    exact = clean(floats, options).picture.pixels
    deep = clean(Picture(from_float(floats.pixels, "uint16")), options).picture.pixels
    assert apart(deep, exact) < 2e-4
    assert len(np.unique(deep)) > 256


def test_gray_is_the_luma_of_the_gray_picture_as_rgb(model: str) -> None:
    gray = picture(40, 52, 1, dtype="float32")
    rgb = Picture(np.ascontiguousarray(gray.pixels.repeat(3, axis=2)))
    coloured, result = (
        clean(each, DeartifactOptions(model=model, watermark=True)).picture.pixels for each in (rgb, gray)
    )
    inside = ((coloured > 0) & (coloured < 1)).all(axis=2)  # not clipped
    assert inside.mean() > 0.5
    assert apart(result[..., 0][inside], (coloured @ LUMA)[inside].astype(np.float32)) < 1e-5


@pytest.mark.parametrize("mirrored", [np.s_[:, ::-1], np.s_[::-1]])
def test_marks_that_go_are_looked_at_mirrored_too(model: str, mirrored: Any) -> None:
    source, options = marked(64, 100), DeartifactOptions(model=model, watermark=True)
    mirror = Picture(np.ascontiguousarray(source.pixels[mirrored]))
    result, other = clean(source, options), clean(mirror, options)
    assert apart(result.picture.pixels, other.picture.pixels[mirrored]) < 1.5 / 255
    assert result.mask is not None and other.mask is not None and result.mask.max() > 200
    # the grid of the surroundings is not mirrored
    assert apart(result.mask, other.mask[mirrored]) < 10 / 255
    assert np.abs(to_float(result.mask) - to_float(other.mask[mirrored])).mean() < 0.5 / 255
    plain = DeartifactOptions(model=model)
    once, again = (clean(each, plain).picture.pixels for each in (source, mirror))
    assert apart(once, again[mirrored]) > 0.02  # the network by itself is not symmetric


class Looks:
    """The looks that networks take, by their number, as they are taken."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken: list[int] = []
        run = Cleaner._run

        def noted(runner: Cleaner, *arguments: Any) -> Any:
            self.taken.append(arguments[-1])
            return self.change(run(runner, *arguments), arguments[-1])

        monkeypatch.setattr(Cleaner, "_run", noted)

    def change(self, made: Any, _which: int) -> Any:
        return made


def possible() -> Picture:
    """A faint bar: the test model's mask is .8 there, and in few pixels more."""
    source = marked(dtype="float32")
    source.pixels[40:52, 20:80] = (0.95, 0.95 - 0.5 - 0.046, 0.3)
    source.pixels[44:46, 20:60] = (0.95, 0.1, 0.1)
    return source


def test_only_what_may_have_marks_is_looked_at_again(
    model: str, apart_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = Looks(monkeypatch)
    for one, wanted in ((model, [0]), (apart_model, [0, 0])):  # nothing goes: with letters, where it can
        pixels = np.full((90, 100, 3), 76, np.uint8)
        pixels[40:52, 20:80, 0] = 180  # the mask is not 0, but nowhere a half
        clean(Picture(pixels), DeartifactOptions(model=one, watermark=True))
        assert looks.taken == wanted
        looks.taken.clear()
    asked = clean(possible(), DeartifactOptions(model=model, watermark=True))
    assert looks.taken == [0, 1, 2, 3] and asked.report.chosen is not None
    assert 0.02 < asked.report.chosen["watermark"] < ALL_LOOKS.certain
    plain = clean(possible(), DeartifactOptions(model=model))
    np.testing.assert_array_equal(asked.picture.pixels, plain.picture.pixels)
    looks.taken.clear()
    clean(marked(), DeartifactOptions(model=model, watermark=True))
    assert looks.taken == [0, 1, 2, 3]


@pytest.mark.parametrize("blind", range(4))
def test_every_look_must_be_certain(model: str, blind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind(Looks):
        def change(self, made: Any, which: int) -> Any:
            if which == blind:
                made.mask[...] = np.minimum(made.mask, 220)
            return made

    def sure() -> float:
        chosen = clean(marked(), DeartifactOptions(model=model, watermark=True)).report.chosen
        assert chosen is not None
        return chosen["watermark"]

    assert sure() >= ALL_LOOKS.certain
    Blind(monkeypatch)
    assert sure() == 0


@pytest.mark.parametrize("fallen", range(4))
def test_a_fall_back_at_any_look_is_told(model: str, fallen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fallen(Looks):
        def change(self, made: Any, which: int) -> Any:
            return replace(made, provider="Other") if which == fallen else made

    told: list[str] = []
    monkeypatch.setattr(Engine, "fallback_of", lambda _engine, _wanted, ran: told.append(ran))
    Fallen(monkeypatch)
    clean(marked(), DeartifactOptions(model=model, watermark=True))
    assert told == ["Other"]


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_regions_of_large_marked_pictures_are_those_of_the_whole(
    model: str, dtype: str, channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unfade.filters.deartifact._SMALL", 1)
    looks = Looks(monkeypatch)
    runner = DEARTIFACT.open(DeartifactOptions(model=model, watermark=True), engine(48))
    source, region, memo = marked(channels=channels, dtype=dtype), Bounds(30, 10, 40, 60), Memo().of("this")
    whole = runner.run(source, want_mask=True, memo=memo)
    assert looks.taken == [0, 1, 2, 3, 0, 1]
    part = runner.run(source, region=region, want_mask=True, memo=memo)
    assert looks.taken == [0, 1, 2, 3, 0, 1, 0, 1]
    assert part.exact and apart(part.picture.pixels, cut(whole.picture.pixels, region)) <= 1 / 255


@pytest.mark.parametrize("strokes", [(), (ADD, KEEP)])
@pytest.mark.parametrize("watermark", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiles_do_not_show(model: str, channels: int, watermark: bool, strokes: tuple[Stroke, ...]) -> None:
    source = marked(channels=channels)
    options = DeartifactOptions(model=model, watermark=watermark, strokes=strokes, strength=0.8)
    whole, tiled = clean(source, options, 4096), clean(source, options, 48)
    assert apart(whole.picture.pixels, tiled.picture.pixels) <= 1 / 255
    assert whole.mask is not None and tiled.mask is not None
    assert apart(whole.mask, tiled.mask) <= 1 / 255


@pytest.mark.parametrize("holes", [False, True])
@pytest.mark.parametrize("strokes", [(), (ADD, KEEP, Stroke("add", 3, ((200.0, 210.0),)))])
@pytest.mark.parametrize("watermark", [True, False])
def test_parts_are_parts_of_the_whole(
    model: str, watermark: bool, strokes: tuple[Stroke, ...], holes: bool
) -> None:
    source = marked(230, 260, 4)
    source.pixels[..., 3] = 255
    if holes:
        source.pixels[60:70, 50:95, 3] = 0
    options = DeartifactOptions(model=model, watermark=watermark, strokes=strokes)
    runner = DEARTIFACT.open(options, engine(128))
    whole = runner.run(source, want_mask=True)
    assert whole.mask is not None
    for region in (
        Bounds(0, 0, 40, 50),
        Bounds(45, 33, 21, 61),
        Bounds(190, 170, 40, 90),
        Bounds(0, 0, 230, 260),
    ):
        part = runner.run(source, region=region, want_mask=True)
        at = np.s_[region.y : region.bottom, region.x : region.right]
        assert (part.at, part.exact) == (region, True)
        assert apart(part.picture.pixels, whole.picture.pixels[at]) <= 1 / 255
        assert part.mask is not None
        assert apart(part.mask, whole.mask[at]) <= 1 / 255


def test_the_mask_is_where_the_mark_is(model: str) -> None:
    mask = clean(marked(), DeartifactOptions(model=model)).mask
    assert mask is not None and mask.dtype == np.uint8
    assert mask[42:50, 22:78].min() > 200
    assert mask[:36].max() < 20 and mask[56:].max() < 20


@pytest.fixture
def one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks that go and marks that stay are looked at alike."""
    monkeypatch.setattr("unfade.filters.deartifact._LOOKS", 1)


@pytest.mark.usefixtures("one_look")
def test_leaving_the_watermark(model: str) -> None:
    source = marked()
    gone = clean(source, DeartifactOptions(model=model, watermark=True)).picture.pixels
    left = clean(source, DeartifactOptions(model=model)).picture.pixels
    assert apart(gone[38:54, 18:82], source.pixels[38:54, 18:82]) > 0.05  # the model blurs its edge
    np.testing.assert_array_equal(
        left[38:54, 18:82], source.pixels[38:54, 18:82]
    )  # and a fringe of two pixels
    away = np.ones(left.shape[:2], bool)
    away[30:62, 10:90] = False
    np.testing.assert_array_equal(left[away], gone[away])
    # Between the two the change is gradual: half-way pixels are there.
    ring = np.abs(left.astype(int) - source.pixels).max(2)[53:60, 20:80]
    full = np.abs(gone.astype(int) - source.pixels).max(2)[53:60, 20:80]
    assert ((ring > 0) & (ring < full)).any()


@pytest.fixture
def apart_model(tmp_path: Path) -> str:
    """A model that also gives the picture with its letters, here half as bright."""
    return str(cleaning_model(tmp_path / "apart.onnx", residual=0.3, cleaned=True))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_letters_stay_and_are_cleaned_where_the_model_can(apart_model: str, channels: int) -> None:
    source = marked(channels=3)
    source = Picture(np.ascontiguousarray(source.pixels[..., [0, 1, 2, 2][:channels]]))
    result = clean(source, DeartifactOptions(model=apart_model))
    colours = channels - 1 + channels % 2
    shown = to_float(result.picture.pixels[42:50, 24:76, :colours])
    np.testing.assert_allclose(shown, to_float(source.pixels[42:50, 24:76, :colours]) / 2, atol=2 / 255)
    assert result.mask is not None and (channels < 3 or result.mask[46, 50] > 200)
    assert (
        apart(to_float(result.picture.pixels[5, 5, :colours]), to_float(source.pixels[5, 5, :colours])) > 0.1
    )


def test_a_cleaned_output_of_another_kind_is_none(model: str, tmp_path: Path) -> None:
    tensors = (Tensor("output", 3, (0.0, 1.0), "sRGB"), Tensor("mask", 1, (0.0, 1.0), "mask"))
    for number, odd in enumerate((("lab", (0.0, 1.0)), ("sRGB", (0.0, 255.0)))):
        outputs = (*tensors, Tensor("cleaned", 3, odd[1], odd[0]))
        path = cleaning_model(tmp_path / f"{number}.onnx", residual=0.3, cleaned=True, outputs=outputs)
        results = [clean(marked(), DeartifactOptions(model=m)).picture.pixels for m in (model, str(path))]
        np.testing.assert_array_equal(*results)


def test_marks_go_as_ever_where_the_model_can_leave_letters(model: str, apart_model: str) -> None:
    gone = [clean(marked(), DeartifactOptions(model=m, watermark=True)) for m in (model, apart_model)]
    np.testing.assert_array_equal(gone[0].picture.pixels, gone[1].picture.pixels)
    assert gone[0].report.chosen == gone[1].report.chosen


def test_a_mark_that_stays_is_in_the_mask(apart_model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = clean(marked(), DeartifactOptions(model=apart_model)).picture.pixels
    options = DeartifactOptions(model=apart_model, watermark=True)
    gone = DEARTIFACT.open(options, engine()).run(marked(), want_mask=True)
    assert gone.report.chosen["watermark_goes"] == 1 and apart(gone.picture.pixels, plain) > 0.1

    def stays(sure: float, _views: object) -> Marks:
        return Marks(sure, stays=True)

    monkeypatch.setattr("unfade.filters.deartifact.read_marks", stays)
    memo = Memo().of("this")
    kept = DEARTIFACT.open(options, engine()).run(marked(), want_mask=True, memo=memo)
    assert kept.report.chosen["watermark_goes"] == 0
    (said,) = kept.report.warnings
    assert said.startswith("The watermark was left, ")
    assert gone.report.warnings == ()
    assert kept.report.chosen["watermark"] == gone.report.chosen["watermark"] >= ALL_LOOKS.certain
    np.testing.assert_array_equal(kept.picture.pixels, plain)
    assert kept.mask is not None and gone.mask is not None
    np.testing.assert_array_equal(kept.mask > 127, gone.mask > 127)
    for told in (memo, Memo().of("this")):
        runner = DEARTIFACT.open(options, engine())
        part = runner.run(marked(), region=Bounds(30, 40, 20, 20), want_mask=True, memo=told)
        assert apart(part.picture.pixels, plain[30:50, 40:60]) <= 1 / 255
        assert part.mask is not None and apart(part.mask, kept.mask[30:50, 40:60]) <= 1 / 255


@pytest.mark.parametrize("size", [(1024, 3200), (2000, 1600), (6000, 9000), (3000, 1300)])
def test_where_marks_are_looked_for_no_pixel_counts_twice(size: tuple[int, int]) -> None:
    """But for the few by which squares of one size cannot part a side."""
    places = usual_places(Extent(*size))
    seen = np.zeros(size, np.uint8)
    for place in places:
        seen[place.y : place.bottom, place.x : place.right] += 1
    assert (seen > 1).mean() < 0.01
    assert seen[0, 0] and seen[-1, -1] and seen[size[0] // 2, size[1] // 2]


def test_letters_that_are_no_mark_are_cleaned_though_marks_were_asked_for(apart_model: str) -> None:
    source = Picture(np.full((90, 100, 3), 120, np.uint8))
    source.pixels[40:42, 50:52] = (242, 26, 26)  # too little to be a mark
    plain = clean(source, DeartifactOptions(model=apart_model)).picture.pixels
    asked = clean(source, DeartifactOptions(model=apart_model, watermark=True))
    assert asked.report.chosen is not None and asked.report.chosen["watermark"] < ALL_LOOKS.certain
    np.testing.assert_array_equal(asked.picture.pixels, plain)
    region = Bounds(30, 40, 20, 20)
    for watermark in (True, False):
        runner = DEARTIFACT.open(DeartifactOptions(model=apart_model, watermark=watermark), engine())
        part = runner.run(source, region=region).picture.pixels
        assert apart(part, plain[30:50, 40:60]) <= 1 / 255


def test_what_was_never_compressed_is_left_alone_but_for_marks(model: str, photo: Picture) -> None:
    result = clean(photo, DeartifactOptions(model=model))
    np.testing.assert_array_equal(result.picture.pixels, photo.pixels)
    assert result.report.chosen == {"strength": 0}
    taken = clean(photo, DeartifactOptions(model=model, watermark=True)).picture.pixels
    assert apart(taken[96:116, 26:94], photo.pixels[96:116, 26:94]) > 0.05
    np.testing.assert_array_equal(taken[130:], photo.pixels[130:])
    region = Bounds(90, 40, 30, 50)
    runner = DEARTIFACT.open(DeartifactOptions(model=model, watermark=True), engine(64))
    part = runner.run(photo, region=region).picture.pixels
    assert apart(part, taken[90:120, 40:90]) <= 1 / 255
    out = io.BytesIO()
    Image.fromarray(photo.pixels).save(out, "JPEG", quality=60)
    coded = Picture(np.array(Image.open(out)))
    cleaned = clean(coded, DeartifactOptions(model=model))
    assert cleaned.report.chosen == {"strength": 1}
    assert apart(cleaned.picture.pixels, coded.pixels) > 0.02


def test_strokes_on_the_mask(model: str) -> None:
    """A dot's edge is soft; what is drawn later lies on top."""
    dot = Stroke("add", 5, ((60.0, 75.0),))
    mask = clean(marked(), DeartifactOptions(model=model, strokes=(dot, KEEP))).mask
    assert mask is not None
    assert mask[72:78, 57:63].min() == 255
    assert mask[75, 66] < 20
    edge = mask[70:81, 55:66]
    assert ((edge > 30) & (edge < 225)).any()
    assert mask[40:50, 60].max() == 0  # the mark itself, under the "keep" stroke


@pytest.mark.usefixtures("one_look")
def test_what_is_painted_over_goes_though_watermarks_stay(model: str) -> None:
    source = marked()
    painted = Stroke("add", 10, ((28.0, 46.0), (48.0, 46.0)))
    taken, left = (
        clean(source, DeartifactOptions(model=model, strokes=(painted,), watermark=on)).picture.pixels
        for on in (True, False)
    )
    under = np.s_[43:49, 27:49]
    assert apart(left[under], source.pixels[under]) > 0.2
    np.testing.assert_array_equal(left[under], taken[under])
    np.testing.assert_array_equal(left[38:54, 62:82], source.pixels[38:54, 62:82])


def test_what_is_to_be_kept_is_kept(model: str) -> None:
    source = marked()
    plain = clean(source, DeartifactOptions(model=model, watermark=True)).picture.pixels
    kept = clean(source, DeartifactOptions(model=model, watermark=True, strokes=(KEEP,))).picture.pixels
    np.testing.assert_array_equal(kept[20:60, 53:67], source.pixels[20:60, 53:67])
    np.testing.assert_array_equal(kept[:, 80:], plain[:, 80:])


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_is_added_is_filled_before_the_network_sees_it(
    tmp_path: Path, channels: int, dtype: str
) -> None:
    path = str(identity_model(tmp_path / "same.onnx", 1, task="deartifact"))
    pixels = np.full((80, 90, channels), from_float(np.float32(0.5), dtype), dtype)
    pixels[30:36, 20:70, :3] = 0
    if channels == 4:
        pixels[..., 3] = from_float(np.float32(1), dtype)
    stroke = Stroke("add", 6, ((18.0, 33.0), (72.0, 33.0)))
    result = clean(Picture(pixels), DeartifactOptions(model=path, strokes=(stroke,)))
    assert apart(result.picture.colour, np.full_like(result.picture.colour, pixels[0, 0, 0])) <= 1 / 255
    assert result.mask is not None
    assert (result.mask[33, 20:70] == 255).all() and result.mask[:20].max() == 0
    assert pixels[33, 40, 0] == 0  # the picture itself is as it was


def test_strokes_outside_the_picture_do_nothing(model: str) -> None:
    source = marked()
    plain = clean(source, DeartifactOptions(model=model))
    strokes = (Stroke("add", 5, ((-50.0, 20.0),)), Stroke("keep", 5, ((5000.0, 20.0), (6000.0, 1.0))))
    result = clean(source, DeartifactOptions(model=model, strokes=strokes))
    np.testing.assert_array_equal(result.picture.pixels, plain.picture.pixels)


def test_colours_under_alpha_0_stay_and_do_not_bleed(model: str) -> None:
    source = picture(60, 60, 4)
    source.pixels[..., 3] = 255
    source.pixels[20:40, 20:40] = (255, 0, 0, 0)
    result = deartifact(source, DeartifactOptions(model=model), engine())
    np.testing.assert_array_equal(result.pixels[20:40, 20:40], source.pixels[20:40, 20:40])
    assert source.alpha is not None
    filled = Picture(np.ascontiguousarray(fill_transparent(source.colour, source.alpha)))
    expected = deartifact(filled, DeartifactOptions(model=model), engine())
    seen = source.alpha > 0
    np.testing.assert_array_equal(result.colour[seen], expected.pixels[seen])


def test_strength_blends(model: str) -> None:
    source = picture(40, 40, 3, dtype="float32")

    def result(strength: float) -> NDArray[Any]:
        options = DeartifactOptions(model=model, strength=strength, watermark=True)
        return clean(source, options).picture.pixels

    np.testing.assert_array_equal(result(0), source.pixels)
    assert apart(result(0.25), 0.25 * result(1) + 0.75 * source.pixels) < 1e-6


def test_the_mask_is_kept_only_where_it_is_wanted(model: str) -> None:
    source = marked()
    for watermark in (True, False):
        options = DeartifactOptions(model=model, watermark=watermark)
        without = DEARTIFACT.open(options, engine()).run(source)
        assert without.mask is None
        np.testing.assert_array_equal(without.picture.pixels, clean(source, options).picture.pixels)


def test_a_model_without_a_mask(tmp_path: Path) -> None:
    path = str(cleaning_model(tmp_path / "plain.onnx", mask=False))
    source = marked()
    result = clean(source, DeartifactOptions(model=path))
    assert result.mask is None
    assert apart(result.picture.pixels, source.pixels) > 0.02
    painted = clean(source, DeartifactOptions(model=path, strokes=(ADD,)))
    assert painted.mask is not None and painted.mask.max() == 255
    asked = clean(source, DeartifactOptions(model=path, watermark=True))  # it is as it is
    np.testing.assert_array_equal(asked.picture.pixels, result.picture.pixels)


def test_a_blending_model_has_its_mask_too(tmp_path: Path) -> None:
    path = str(cleaning_model(tmp_path / "blend.onnx", tiling=Tiling.BLEND))
    mask = clean(marked(), DeartifactOptions(model=path), 64).mask
    assert mask is not None and mask[42:50, 22:78].min() > 200 and mask[:30].max() < 20


def test_the_outcome_tells_what_ran(model: str) -> None:
    outcome = clean(marked(), DeartifactOptions(model=model)).report
    assert (outcome.model, outcome.provider, outcome.fallback) == ("clean", "CPUExecutionProvider", None)
    assert 0 < outcome.engine_seconds < 10


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: identity_model(path, 2, task="deartifact"), "changes the size"),
        (lambda path: identity_model(path, 1), "is for upscale, not for deartifact"),
        (
            lambda path: cleaning_model(path, tiling=Tiling.WHOLE, working_size=64),
            "does not make RGB out of RGB in tiles",
        ),
    ],
)
def test_models_that_cannot_be_used(tmp_path: Path, make: Callable[[Path], Path], sentence: str) -> None:
    path = make(tmp_path / "odd.onnx")
    with pytest.raises(ModelError, match=sentence):
        DEARTIFACT.open(DeartifactOptions(model=str(path)), engine())


@pytest.mark.parametrize(("make", "sentence"), [(nan_model, "NaN"), (black_model, "black")])
def test_unusable_results_are_errors(tmp_path: Path, make: Callable[..., Path], sentence: str) -> None:
    path = make(tmp_path / "broken.onnx", 1, task="deartifact")
    with pytest.raises(ModelError, match=sentence):
        clean(marked(), DeartifactOptions(model=str(path)))


def test_no_model_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfade.models.catalog.list_models", list)
    with pytest.raises(ModelError, match="No model for cleaning is installed"):
        DEARTIFACT.open(DeartifactOptions(), engine())


def test_progress_and_stopping(model: str) -> None:
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        deartifact(marked(), DeartifactOptions(model=model), engine(48), stop)
    assert [done for done, _ in seen] == [0, 1, 2, 3] and seen[0][1] > 3


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("strokes", [(), (ADD,)])
@pytest.mark.parametrize(
    "source", [marked(), Picture(np.full((90, 100, 3), 90, np.uint8)), picture(90, 100, 3), possible()]
)
@pytest.mark.parametrize("apart", [False, True])
def test_progress_of_marks_goes_on_to_the_end(
    model: str,
    apart_model: str,
    apart: bool,
    source: Picture,
    strokes: tuple[Stroke, ...],
    large: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if large:
        monkeypatch.setattr("unfade.filters.deartifact._SMALL", 1)
    runner = DEARTIFACT.open(
        DeartifactOptions(model=apart_model if apart else model, watermark=True, strokes=strokes), engine(48)
    )
    memo = Memo().of("this")
    for _ in range(2):
        told: list[float] = []
        runner.run(source, progress=lambda done, total: told.append(done / total), memo=memo)  # noqa: B023
        assert len(told) > 3 and told == sorted(told)
        assert told[-1] == pytest.approx(1)


def test_memory_does_not_grow_with_the_picture(model: str) -> None:
    """Beside input and output there are tiles, and a byte a pixel of mask where marks are left or go, and
    another while they are looked for."""
    tile = 96

    def beside(side: int, options: DeartifactOptions, want_mask: bool) -> int:
        source = Picture(np.full((side, side, 3), 90, np.uint8))
        runner = DEARTIFACT.open(options, engine(tile))
        tracemalloc.start()
        runner.run(source, want_mask=want_mask)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - source.pixels.nbytes

    plain = DeartifactOptions(model=model, watermark=True)
    small, large = (beside(side, plain, False) for side in (800, 1600))
    assert large < small + 2 * (1600**2 - 800**2)
    protected = beside(1600, replace(plain, watermark=False), False)
    strip = 2**18 * 4 * 10  # a dozen planes of floats
    assert protected < large + 1600 * 1600 + strip


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({}, "strokes must be a list"),
        ([1], "Every stroke must be"),
        ([{"mode": "add", "radius": 1}], "Every stroke must be"),
        ([{"mode": "paint", "radius": 1, "points": [[0, 0]]}], "mode must be add or keep, not 'paint'"),
        ([{"mode": "add", "radius": 0, "points": [[0, 0]]}], "radius must be a number of pixels above 0"),
        ([{"mode": "add", "radius": True, "points": [[0, 0]]}], "radius must be a number"),
        ([{"mode": "add", "radius": 1, "points": []}], "must have 1 to"),
        ([{"mode": "add", "radius": 1, "points": "ab"}], "must have 1 to"),
        ([{"mode": "add", "radius": 1, "points": [[0]]}], "pairs of numbers"),
        ([{"mode": "add", "radius": 1, "points": [[0, "1"]]}], "pairs of numbers"),
        ([{"mode": "add", "radius": 1, "points": [[0, 1e9]]}], "pairs of numbers"),
    ],
)
def test_bad_strokes_are_one_sentence(raw: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        STROKES.read(raw)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_strokes_survive_json() -> None:
    assert STROKES.read(STROKES.write((ADD, KEEP))) == (ADD, KEEP)
