"""Pixels of coloured pictures, made by real networks."""

from __future__ import annotations

import itertools
import tracemalloc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import Network, colouring_model, identity_model, save_network
from tests.unit.filters.pictures import apart, colorize, engine, picture
from tests.unit.picture.samples import display_p3, gray_profile, rgb_profile
from unfade.errors import Cancelled, ModelError, UsageError
from unfade.filters import ColorizeOptions, Hint, Memo, Report, chroma
from unfade.filters.chroma import check_colouring, working_extent
from unfade.filters.colorize import _NETWORK_STRIPS, COLORIZE
from unfade.inference import Bounds, Engine, Extent, Session
from unfade.models import Tensor, Tiling, read_card
from unfade.picture import Metadata, Picture, as_srgb, lab_of_srgb, to_float

LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(colouring_model(tmp_path / "tint.onnx"))


@pytest.fixture
def neutral(tmp_path: Path) -> str:
    """Only hints have colour."""
    return str(colouring_model(tmp_path / "neutral.onnx", tint=(0.0, 0.0)))


def lightness(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """L* of HWC pixels, gray ones too."""
    colour = to_float(pixels[..., :3] if pixels.shape[2] > 2 else pixels[..., :1].repeat(3, 2))
    return lab_of_srgb(colour)[..., 0]


@pytest.mark.parametrize(("dtype", "rounding"), [("uint8", 0.35), ("uint16", 2.5e-3), ("float32", 5e-3)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_lightness_stays_and_colour_comes(model: str, dtype: str, rounding: float, channels: int) -> None:
    source = picture(70, 95, channels, dtype=dtype)
    before = source.pixels.copy()
    result = colorize(source, ColorizeOptions(model=model), engine())
    assert result.pixels.dtype == source.pixels.dtype
    assert result.pixels.shape == (70, 95, 4 if source.has_alpha else 3)
    assert np.abs(lightness(result.pixels) - lightness(source.pixels)).max() < rounding
    assert np.ptp(to_float(result.colour), axis=2).mean() > 0.05
    np.testing.assert_array_equal(source.pixels, before)
    if source.alpha is not None:
        np.testing.assert_array_equal(result.alpha, source.alpha)


def test_a_networks_chroma_is_the_results(model: str) -> None:
    """The test model makes a* 11 and b* 22 times L* / 100, wherever sRGB can show that."""
    ramp = np.linspace(0.2, 0.9, 120, dtype=np.float32)[None, :, None].repeat(80, 0)
    result = colorize(Picture(np.ascontiguousarray(ramp)), ColorizeOptions(model=model), engine())
    lab = lab_of_srgb(result.pixels)[:, 16:-16]
    assert np.abs(lab[..., 1] - 0.11 * lab[..., 0]).max() < 0.2
    assert np.abs(lab[..., 2] - 0.22 * lab[..., 0]).max() < 0.4


def test_no_chroma_leaves_gray_exactly(neutral: str) -> None:
    for dtype in ("uint8", "uint16"):
        source = picture(33, 21, 1, dtype=dtype)
        result = colorize(source, ColorizeOptions(model=neutral), engine())
        np.testing.assert_array_equal(result.pixels, source.pixels.repeat(3, 2))


def test_a_pictures_own_colours_are_ignored(model: str) -> None:
    coloured = picture(40, 40, 3, dtype="float32")
    light = lightness(coloured.pixels)[..., None] / 100
    gray = np.where(light > 0.08, ((light + 0.16) / 1.16) ** 3, light / 9.033)
    gray = np.where(gray > 0.0031308, 1.055 * gray ** (1 / 2.4) - 0.055, 12.92 * gray).astype(np.float32)
    results = [
        colorize(each, ColorizeOptions(model=model), engine())
        for each in (coloured, Picture(np.ascontiguousarray(gray)))
    ]
    assert apart(results[0].pixels, results[1].pixels) < 0.02


def test_colours_that_cannot_be_shown_lose_chroma_not_hue(tmp_path: Path) -> None:
    path = str(colouring_model(tmp_path / "vivid.onnx", tint=(1.0, -0.4)))
    source = picture(50, 60, 1, dtype="float32")
    lab = lab_of_srgb(colorize(source, ColorizeOptions(model=path), engine()).pixels)
    assert np.abs(lab[..., 0] - lightness(source.pixels)).max() < 0.02
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    assert chroma.max() < 0.9 * 1.07 * 110  # the network asks for more
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))[chroma > 10]
    assert np.abs(hue - np.degrees(np.arctan2(-0.4, 1.0))).max() < 1


def test_hints_colour_their_surroundings(neutral: str) -> None:
    """Most where they are, less farther away, and not what is darker or lighter."""
    shades = np.full((96, 128, 1), 128, np.uint8)
    shades[70:] = 10
    source, hint = Picture(shades), Hint(100.0, 30.0, "#c03020")
    result = colorize(source, ColorizeOptions(model=neutral, hints=(hint,)), engine())
    lab = lab_of_srgb(to_float(result.pixels))
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    rows, columns = np.nonzero(chroma > 0.85 * chroma.max())
    assert abs(rows.mean() + 0.5 - 30) < 2 and abs(columns.mean() + 0.5 - 100) < 2
    a, b = (lab[rows, columns, channel].mean() for channel in (1, 2))
    assert abs(np.degrees(np.arctan2(b, a) - np.arctan2(*hint.chroma[::-1]))) < 3
    assert chroma[30, 100] > 4 * chroma[:, 20].max()
    assert chroma[74:].max() < 0.5


def test_hints_keep_to_what_is_of_one_kind(tmp_path: Path) -> None:
    """The same picture and hint, by a network that tells its halves apart and by one that does not."""
    source = Picture(np.full((64, 64, 1), 110, np.uint8))
    source.pixels[:, 32:] = 140
    far = []
    for embedding in (0.0, 40.0):
        path = colouring_model(tmp_path / f"{embedding}.onnx", tint=(0.0, 0.0), embedding=embedding)
        options = ColorizeOptions(model=str(path), hints=(Hint(24, 32, "#ff0000"),))
        found = np.ptp(colorize(source, options, engine()).pixels.astype(int), axis=2)
        assert found[32, 24] > 100
        far.append(found[:, 38:].max())
    assert far[0] > 40 and far[1] < 8


@pytest.mark.parametrize("extent", [Extent(1, 1), Extent(1, 50), Extent(50, 1)])
def test_hints_on_next_to_nothing(model: str, extent: Extent) -> None:
    hint = Hint(extent.width, extent.height, "#c03020")
    result = colorize(
        picture(extent.height, extent.width, 1), ColorizeOptions(model=model, hints=(hint,)), engine()
    )
    assert result.pixels.shape == (extent.height, extent.width, 3)


def test_saturation_is_mixed_in_rgb(model: str) -> None:
    source = picture(40, 40, 1, dtype="float32")

    def result(saturation: float) -> NDArray[Any]:
        return colorize(source, ColorizeOptions(model=model, saturation=saturation), engine()).pixels

    full = result(1)
    luma = (full @ LUMA)[..., None]
    for saturation in (0.0, 0.4, 1.7):
        assert apart(result(saturation), np.clip(luma + saturation * (full - luma), 0, 1)) < 1e-5


@pytest.mark.parametrize("channels", [1, 3])
def test_strength_blends_with_the_picture_as_it_was(model: str, channels: int) -> None:
    source = picture(40, 40, channels, dtype="float32")
    was = source.pixels if channels == 3 else source.pixels.repeat(3, 2)

    def result(strength: float) -> NDArray[Any]:
        return colorize(source, ColorizeOptions(model=model, strength=strength), engine()).pixels

    np.testing.assert_array_equal(result(0), was)
    assert apart(result(0.3), 0.3 * result(1) + 0.7 * was) < 1e-6


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (200, 3), (9, 9), (64, 64), (63, 65), (400, 210)])
def test_any_size(model: str, size: tuple[int, int]) -> None:
    source = picture(*size, 1)
    result = colorize(source, ColorizeOptions(model=model), engine())
    assert (result.height, result.width) == size
    assert np.abs(lightness(result.pixels) - lightness(source.pixels)).max() < 0.35


def test_a_model_with_a_size_multiple_is_fed_that(model: str, tmp_path: Path) -> None:
    path = str(colouring_model(tmp_path / "picky.onnx", size_multiple=24))
    source = picture(100, 60, 1)
    results = [colorize(source, ColorizeOptions(model=each), engine()).pixels for each in (model, path)]
    assert apart(results[0][:80, :45], results[1][:80, :45]) < 1.1 / 255  # the fill is felt at the far edges


@pytest.mark.parametrize(
    ("extent", "expected"),
    [
        (Extent(3000, 4000), Extent(384, 512)),
        (Extent(100, 50), Extent(512, 256)),
        (Extent(1, 9000), Extent(1, 512)),
    ],
)
def test_working_sizes(extent: Extent, expected: Extent) -> None:
    assert working_extent(extent, 512) == expected


def test_the_network_looks_three_times_without_hints_and_with_them(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its working size of 64 pixels, and smaller: without hints, and with the hint each time."""
    seen, run = [], Session.run

    def watched(session: Session, inputs: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        seen.append(inputs["input"])
        return run(session, inputs)

    monkeypatch.setattr(Session, "run", watched)
    colorize(picture(96, 128, 1), ColorizeOptions(model=model, hints=(Hint(64, 48, "#ff0000"),)), engine())
    assert [fed.shape for fed in seen] == 2 * [(1, 4, 48, 64), (1, 4, 36, 48), (1, 4, 27, 36)]
    assert not any(fed[0, 3].any() for fed in seen[:3])  # the picture without hints
    for fed in seen[3:]:
        hinted = np.argwhere(fed[0, 3])
        assert len(hinted) and np.allclose(hinted.mean(0) / fed.shape[2:], 0.5, atol=0.05)
        assert fed[0, 0].mean() == pytest.approx(seen[0][0, 0].mean(), abs=0.01)


@pytest.mark.parametrize("first", range(6))
def test_a_look_that_the_processor_had_to_take_is_reported(
    model: str, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    """The GPU's memory was too little for one of three looks without hints, or of those with them."""
    look, looks = chroma._run, itertools.count()

    def short_of_memory(*arguments: Any) -> Any:
        made = look(*arguments)
        return replace(made, provider="AnotherProvider") if next(looks) == first else made

    monkeypatch.setattr(chroma, "_run", short_of_memory)
    options = ColorizeOptions(model=model, hints=(Hint(5, 5, "#ff0000"),))
    report = COLORIZE.open(options, engine()).run(picture(40, 40, 1)).report
    assert next(looks) == 6
    assert report.provider == "AnotherProvider"
    assert report.fallback and "GPU ran out of memory" in report.fallback


def test_hidden_colours_do_not_matter(model: str) -> None:
    source = picture(60, 60, 4)
    source.pixels[..., 3] = 255
    source.pixels[10:50, 10:30, 3] = 0
    other = Picture(source.pixels.copy())
    other.pixels[10:50, 10:30, :3] = 255
    first, second = (colorize(each, ColorizeOptions(model=model), engine()) for each in (source, other))
    seen = source.pixels[..., 3] > 0
    np.testing.assert_array_equal(first.pixels[seen], second.pixels[seen])


def test_parts_are_parts_of_the_whole(model: str) -> None:
    source = picture(150, 180, 4)
    options = ColorizeOptions(model=model, hints=(Hint(50, 60, "#40a020"),), saturation=1.3)
    runner = COLORIZE.open(options, engine())
    whole = runner.run(source).picture.pixels
    for region in (
        Bounds(0, 0, 40, 50),
        Bounds(100, 93, 33, 61),
        Bounds(149, 179, 1, 1),
        Bounds(0, 0, 150, 180),
    ):
        part = runner.run(source, region=region)
        assert (part.at, part.exact) == (region, True)
        expected = whole[region.y : region.bottom, region.x : region.right]
        assert apart(part.picture.pixels, expected) <= 1 / 255


class Counted:
    """How often the network ran: time inside it is spent, or is not."""

    def __init__(self, model: str) -> None:
        self.engine = engine()
        self.model = model
        self.memo = Memo()

    def ran(
        self, source: Picture, region: Bounds | None = None, known: str | None = None, **options: Any
    ) -> bool:
        """Whether the network runs for the picture, whose pixels are ``known`` by that name."""
        runner = COLORIZE.open(ColorizeOptions(model=self.model, **options), self.engine)
        memo = self.memo if known is None else self.memo.of(known)
        self.last = runner.run(source, region=region, memo=memo)
        report: Report = self.last.report
        return report.engine_seconds > 0


def test_the_network_runs_once_for_a_picture(model: str) -> None:
    counted, source, region = Counted(model), picture(80, 80, 1), Bounds(3, 4, 20, 30)
    hints = (Hint(5, 5, "#ff0000"),)
    assert counted.ran(source, region, "a")
    assert not counted.ran(source, Bounds(30, 40, 20, 30), "a")
    assert not counted.ran(source, region, "a", saturation=1.5)
    assert not counted.ran(source, strength=0.5)
    assert counted.ran(source, region, "a", hints=hints)
    assert not counted.ran(Picture(source.pixels.copy()), hints=hints)
    assert counted.ran(picture(80, 80, 1, seed=1), hints=hints)


def test_what_is_known_of_a_picture_is_forgotten_with_it(model: str) -> None:
    """A known picture is not looked at again; what is known goes with its name."""
    counted, source, other = Counted(model), picture(80, 80, 1), picture(80, 80, 1, seed=1)
    assert counted.ran(source, known="a")
    assert not counted.ran(other, known="a")
    assert counted.ran(other, known="b")
    counted.memo.forget("b")
    assert counted.ran(other, known="b")


def test_pixels_that_were_changed_are_seen(model: str) -> None:
    """An array that a program fills anew is another picture, though it is the same memory."""
    counted, source = Counted(model), picture(80, 80, 1)
    counted.ran(source)
    source.pixels[...] = 255 - source.pixels
    assert counted.ran(source)
    fresh = colorize(Picture(source.pixels.copy()), ColorizeOptions(model=model), engine())
    np.testing.assert_array_equal(counted.last.picture.pixels, fresh.pixels)


def test_what_is_kept_keeps_no_picture_alive(model: str) -> None:
    source, memo = picture(50, 50, 1), Memo()
    COLORIZE.open(ColorizeOptions(model=model), engine()).run(source, memo=memo.of("a"))
    gone = weakref.ref(source.pixels)
    del source
    assert gone() is None


def test_profiles(model: str) -> None:
    """They stay, unless they cannot be used or do not fit the result, as one for gray."""
    options, dpi = ColorizeOptions(model=model), (300.0, 300.0)
    rgb, gray = picture(30, 30, 3), picture(30, 30, 1)

    def coloured(source: Picture, icc: bytes | None) -> Picture:
        return colorize(Picture(source.pixels, Metadata(icc=icc, dpi=dpi)), options, engine())

    kept = coloured(rgb, rgb_profile())
    assert kept.metadata == Metadata(icc=rgb_profile(), dpi=dpi)
    np.testing.assert_array_equal(kept.pixels, coloured(rgb, None).pixels)
    assert coloured(rgb, display_p3()).metadata == Metadata(icc=display_p3(), dpi=dpi)
    for source, icc in ((gray, gray_profile()), (gray, rgb_profile()), (rgb, gray_profile())):
        assert coloured(source, icc).metadata == Metadata(dpi=dpi)
    deep = Picture(gray.pixels.astype(np.uint16) * 257, Metadata(icc=gray_profile()))
    expected = coloured(as_srgb(deep), None).pixels
    # Within rounding: for the network the picture is made small first, and converted then.
    assert apart(coloured(gray, gray_profile()).pixels, expected) < 1.5 / 255


def test_progress_and_stopping(model: str) -> None:
    seen: list[tuple[float, int]] = []
    source = picture(400, 400, 1)
    colorize(source, ColorizeOptions(model=model), engine(), lambda *step: seen.append(step))
    total = seen[0][1]  # the network is worth so many strips
    counts = [0, *range(_NETWORK_STRIPS, total + 1)]
    assert seen == [(done, total) for done in counts] and total > _NETWORK_STRIPS + 1

    def stop(done: float, _: int) -> None:
        if done:
            raise Cancelled(f"Stopped at {done}.")

    with pytest.raises(Cancelled, match="at 140"):
        colorize(source, ColorizeOptions(model=model), engine(), stop)


def test_memory_does_not_grow_with_the_picture(model: str) -> None:
    def beside(side: int, kept: Engine) -> int:
        source = Picture(np.full((side, side, 1), 90, np.uint8))
        runner = COLORIZE.open(ColorizeOptions(model=model), kept)
        tracemalloc.start()
        runner.run(source)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most - 3 * source.pixels.nbytes

    small, large = beside(1000, engine()), beside(2500, engine())
    assert large < small + 2_000_000


@pytest.mark.parametrize(("x", "y"), [(-1, 5), (31, 5), (5, 20.5)])
def test_hints_outside_the_picture(model: str, x: float, y: float) -> None:
    options = ColorizeOptions(model=model, hints=(Hint(x, y, "#ff0000"),))
    with pytest.raises(
        UsageError, match=f"at {x:g}, {y:g} lies outside the picture, which has 30 x 20 pixels"
    ):
        colorize(picture(20, 30, 1), options, engine())


def liar(path: Path) -> Path:
    """Chroma at full size, which the card does not promise."""
    network = Network(4)
    return save_network(
        path,
        network,
        network.mixed(network.input, [[1.0, 0.0, 0.0, 0.0]] * 2, [0.0, 0.0]),
        task="colorize",
        tiling=Tiling.WHOLE,
        working_size=32,
        outputs=(Tensor("output", 2, (-1.0, 1.0), "lab-ab"),),
    )


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: identity_model(path, 1), "is for upscale, not for colorize"),
        (
            lambda path: identity_model(path, 1, task="colorize"),
            "does not make colours out of luma and hints",
        ),
        (
            lambda path: colouring_model(path, tiling=Tiling.EXACT),
            "does not make colours out of luma and hints",
        ),
        (lambda path: colouring_model(path, tint=(np.nan, 0.0)), "values that are no numbers"),
        (liar, "gave an array of shape"),
    ],
)
def test_models_that_cannot_be_used(tmp_path: Path, make: Callable[[Path], Path], sentence: str) -> None:
    path = make(tmp_path / "odd.onnx")
    with pytest.raises(ModelError, match=sentence):
        colorize(picture(20, 20, 1), ColorizeOptions(model=str(path)), engine())


def test_a_second_output_is_an_embedding_or_none(tmp_path: Path) -> None:
    card = read_card(colouring_model(tmp_path / "odd.onnx", embedding=1.0))
    check_colouring(card)
    chroma_of, embedding = card.outputs
    for outputs in ((chroma_of, replace(embedding, name="mask")), (chroma_of, embedding, embedding)):
        with pytest.raises(ModelError, match="does not make colours"):
            check_colouring(replace(card, outputs=outputs))
    twice = replace(card, inputs=(*card.inputs, replace(chroma_of, name="hints")), outputs=(chroma_of,))
    with pytest.raises(ModelError, match="does not make colours"):
        check_colouring(twice)


def test_no_model_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfade.models.catalog.list_models", list)
    with pytest.raises(ModelError, match="No model for colouring is installed"):
        COLORIZE.open(ColorizeOptions(), engine())
