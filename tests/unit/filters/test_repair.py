"""Repair with a model for which white is damage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import cleaning_model, repairing_model
from tests.unit.filters.pictures import apart, engine, picture
from unfade.errors import ModelError
from unfade.filters import Memo, Stroke, strokes
from unfade.filters.repair import REPAIR, RepairOptions
from unfade.filters.strokes import make_patches
from unfade.inference import Bounds, OutOfMemory, Session
from unfade.inference.devices import CPU, CUDA
from unfade.picture import Metadata, Picture, from_float, inpaint, to_float

ADD = Stroke("add", 3, ((60.0, 60.0), (80.0, 60.0)))
KEEP = Stroke("keep", 6, ((10.0, 30.0), (50.0, 30.0)))


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(repairing_model(tmp_path / "mend.onnx"))


@pytest.fixture(autouse=True)
def no_stains(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are test_stains.py's subject."""
    monkeypatch.setattr("unfade.filters.stains.installed_model", lambda _task: None)


def scratched(channels: int = 3, dtype: str = "uint8") -> Picture:
    """Smooth colours, none of them white, with a white scratch along row 30."""
    values = to_float(picture(80, 100, channels, dtype="float32").pixels) * np.float32(0.6)
    values[29:31, 10:90, : 1 if channels < 3 else 3] = 1.0
    if channels in (2, 4):
        values[..., -1] = 1.0
    return Picture(np.ascontiguousarray(from_float(values, dtype)), Metadata(dpi=(600.0, 600.0)))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_scratches_go_and_all_else_stays(model: str, dtype: str, channels: int) -> None:
    source = scratched(channels, dtype)
    result = REPAIR.open(RepairOptions(model=model), engine()).run(source, want_mask=True)
    pixels = result.picture.pixels
    assert (pixels.shape, pixels.dtype) == (source.pixels.shape, source.pixels.dtype)
    assert result.picture.metadata == source.metadata
    assert to_float(result.picture.colour)[29:31, 20:80].max() < 0.75
    np.testing.assert_array_equal(pixels[:24], source.pixels[:24])  # a thousandth of doubt is none
    assert result.mask is not None
    assert result.mask[29:31, 10:90].min() > 250 and result.mask[:24].max() < 30


def test_sensitivity_decides_what_counts(model: str) -> None:
    source = scratched()
    found = [
        int(
            (
                REPAIR.open(RepairOptions(model=model, sensitivity=s), engine())
                .run(source, want_mask=True)
                .mask
                > 127
            ).sum()
        )  # type: ignore[operator]
        for s in (0.0, 0.5, 1.0)
    ]
    assert found[0] == 0 < found[1] <= found[2]
    kept = REPAIR.open(RepairOptions(model=model, sensitivity=0.0), engine()).run(source).picture
    assert apart(kept.pixels, source.pixels) == 0


def likely(height: int, width: int, value: float, uneven: float = 0.0) -> Picture:
    """Smooth colours with a patch that is damage to the model: by four fifths with 0.92, wholly with 1."""
    values = to_float(picture(120, 160, 3, dtype="float32").pixels) * np.float32(0.6)
    specks = np.random.default_rng(1).choice([-uneven, uneven], (height, width, 1))
    values[40 : 40 + height, 50 : 50 + width] = value + specks
    return Picture(from_float(values, "uint8"))


@pytest.mark.parametrize(
    ("height", "width", "value", "uneven", "sensitivity", "goes"),
    [
        (40, 60, 0.92, 0.0, 0.5, False),  # a roof, a hat
        (40, 60, 0.92, 0.01, 0.5, False),  # with grain
        (40, 60, 0.94, 0.025, 0.5, True),  # dust, speck beside speck
        (40, 60, 1.0, 0.0, 0.5, True),  # a torn part
        (4, 60, 0.92, 0.0, 0.5, True),  # a scratch
        (40, 60, 0.92, 0.0, 1.0, True),
    ],
)
def test_wide_parts_go_only_where_it_is_sure(
    model: str, height: int, width: int, value: float, uneven: float, sensitivity: float, goes: bool
) -> None:
    source = likely(height, width, value, uneven)
    options = RepairOptions(model=model, sensitivity=sensitivity)
    result = REPAIR.open(options, engine()).run(source, want_mask=True)
    there = np.s_[40 : 40 + height, 52 : 48 + width]
    assert result.mask is not None
    if goes:
        assert result.mask[there].min() > 150
        assert apart(result.picture.pixels[there], source.pixels[there]) > 0.01
    else:
        assert result.mask[there].max() == 0
        np.testing.assert_array_equal(result.picture.pixels[there], source.pixels[there])


def test_a_part_of_what_is_wide_is_that_of_the_whole(model: str) -> None:
    source = likely(40, 60, 0.92)
    source.pixels[60:, 80:110] = 255  # surely damaged, beside what is not
    source.pixels[70:110, 10:50] = likely(40, 60, 0.94, 0.025).pixels[40:80, 50:90]
    runner = REPAIR.open(RepairOptions(model=model), engine())
    whole = runner.run(source, want_mask=True)
    for region in (Bounds(30, 60, 40, 30), Bounds(55, 75, 20, 20), Bounds(0, 0, 60, 160)):
        part = runner.run(source, region=region, want_mask=True)
        assert whole.mask is not None and part.mask is not None
        rows, columns = slice(region.y, region.bottom), slice(region.x, region.right)
        np.testing.assert_array_equal(part.picture.pixels, whole.picture.pixels[rows, columns])
        np.testing.assert_array_equal(part.mask, whole.mask[rows, columns])


def test_strokes(model: str) -> None:
    source = scratched()
    options = RepairOptions(model=model, strokes=(ADD, KEEP))
    result = REPAIR.open(options, engine()).run(source, want_mask=True)
    pixels, mask = result.picture.pixels, result.mask
    assert mask is not None
    np.testing.assert_array_equal(pixels[29:31, 12:48], source.pixels[29:31, 12:48])
    assert mask[29:31, 12:48].max() == 0 and mask[29:31, 60:88].min() > 250
    assert mask[59:61, 62:78].min() == 255
    assert apart(pixels[60, 62:78], source.pixels[60, 62:78]) > 0.05


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_painted_over_goes_on_as_around_it_however_wide(model: str, channels: int) -> None:
    stripes = np.where(np.arange(180) // 6 % 2, 60, 150).astype(np.uint8)
    truth = np.ascontiguousarray(np.broadcast_to(stripes[None, :, None], (160, 180, channels)))
    torn = truth.copy()
    torn[58:102, 68:112] = 255
    options = RepairOptions(model=model, strokes=(Stroke("add", 32, ((90.0, 80.0),)),))
    runner = REPAIR.open(options, engine())
    whole = runner.run(Picture(torn), want_mask=True)
    error = np.abs(whole.picture.pixels.astype(int) - truth)[58:102, 68:112]
    assert error.mean() < 4  # a network's fill, or a blur, is off by 45
    assert whole.mask is not None and whole.mask[60:100, 70:110].min() == 255
    part = runner.run(Picture(torn), region=Bounds(70, 85, 40, 50))
    assert part.exact and apart(part.picture.pixels, whole.picture.pixels[70:110, 85:135]) <= 1 / 255


def test_holes_that_do_not_touch_are_filled_each_from_its_own_surroundings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = Picture(np.full((120, 260, 3), 90, np.uint8))
    source.pixels[50:70, 110:130] = 255  # damage under the second stroke is nothing to learn from
    first, second = (Stroke("add", 12, ((x, 60.0),)) for x in (60.0, 120.0))
    filled: list[tuple[int, ...]] = []

    def fill(colour: np.ndarray, hole: np.ndarray) -> np.ndarray:
        filled.append(hole.shape)
        return inpaint(colour, hole)

    monkeypatch.setattr(strokes, "inpaint", fill)
    memo = Memo().of("one")
    patches = make_patches(source, (first, second), memo=memo)
    assert [patch.bounds.overlaps(patches[0].bounds) for patch in patches] == [True, True]
    assert all((patch.colour[patch.replaced] == 90).all() and patch.replaced.any() for patch in patches)
    assert len(filled) == 2
    far = Stroke("add", 5, ((240.0, 60.0),))  # only its own surroundings are looked at anew
    again = make_patches(source, (first, second, far), memo=memo)
    assert len(filled) == 3 and len(again) == 3
    place = Bounds(0, 20, 120, 240)
    moved = tuple(one.moved(0, -20) for one in (first, second, far))
    part = Picture(np.ascontiguousarray(source.pixels[:, 20:]))
    shifted = make_patches(part, moved, place, memo)
    at = again[2].bounds
    assert shifted[2].bounds == Bounds(at.y, at.x - 20, at.height, at.width)
    assert len(filled) == 4  # of the first, whose surroundings are cut off there
    np.testing.assert_array_equal(shifted[2].colour, again[2].colour)


@pytest.mark.parametrize("looks", [1, 8])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_parts_are_parts_of_the_whole(model: str, channels: int, looks: int) -> None:
    source = scratched(channels)
    runner = REPAIR.open(RepairOptions(model=model, strokes=(ADD, KEEP), looks=looks), engine(64))
    whole = runner.run(source, want_mask=True)
    part = runner.run(source, region=Bounds(20, 33, 44, 50), want_mask=True)
    assert part.exact and part.mask is not None and whole.mask is not None
    assert apart(part.picture.pixels, whole.picture.pixels[20:64, 33:83]) <= 1 / 255
    assert np.abs(part.mask.astype(int) - whole.mask[20:64, 33:83]).max() <= 1


def test_more_looks_are_for_the_mask_alone(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fills is most of the work, so it runs once."""
    asked: list[list[str]] = []
    run = Session.run

    def counted(self: Session, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        found = run(self, inputs)
        asked.append(sorted(found))
        return found

    monkeypatch.setattr(Session, "run", counted)
    source = scratched()
    opened = engine()
    for looks in (1, 2, 4):
        asked.clear()
        REPAIR.open(RepairOptions(model=model, looks=looks), opened).run(source, region=Bounds(8, 8, 20, 20))
        fills = [names for names in asked if "output" in names]
        assert fills and len(asked) - len(fills) == (looks - 1) * len(fills)


def test_all_looks_go_on_where_there_is_memory(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source, run = scratched(), Session.run
    expected = REPAIR.open(RepairOptions(model=model), engine(64)).run(source, want_mask=True)
    opened = engine(64)
    opened.session(Path(model)).provider = CUDA

    def short(self: Session, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        if self.provider == CUDA:
            raise OutOfMemory("of the GPU")
        return run(self, inputs)

    monkeypatch.setattr(Session, "run", short)
    result = REPAIR.open(RepairOptions(model=model), opened).run(source, want_mask=True)
    assert (result.report.provider, expected.report.provider) == (CPU, CPU)
    np.testing.assert_array_equal(result.picture.pixels, expected.picture.pixels)
    np.testing.assert_array_equal(result.mask, expected.mask)  # type: ignore[arg-type]


@pytest.mark.parametrize(("looks", "logit"), [(1, 4.2), (2, 1.45)])
def test_damage_is_where_the_mean_of_both_looks_sees_it(
    model: str, monkeypatch: pytest.MonkeyPatch, looks: int, logit: float
) -> None:
    """Of a network that sees more where it is brighter to the right, and so less in the mirror image."""

    def run(_: Session, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        (window,) = inputs.values()
        slope = np.gradient(window[:, :1], axis=3) * 255
        mask = 1 / (1 + np.exp(-(3 * slope - 2 + 32 * (window[:, 3:] - 0.5))))
        return {"output": window[:, :3], "mask": mask.astype(np.float32)}

    monkeypatch.setattr(Session, "run", run)
    ramp = np.broadcast_to(np.arange(40, 240, dtype=np.uint8)[None, :, None], (64, 200, 3)).copy()
    options = RepairOptions(model=model, sensitivity=1.0, looks=looks)  # all of it, however wide: 3.2 more
    mask = REPAIR.open(options, engine()).run(Picture(ramp), want_mask=True).mask
    assert mask is not None
    np.testing.assert_allclose(mask[:, 20:-20], 255 / (1 + np.exp(-logit)), atol=1)


def test_a_black_picture_stays_black(model: str) -> None:
    source = Picture(np.zeros((40, 40, 3), np.uint8))
    assert not REPAIR.open(RepairOptions(model=model), engine()).run(source).picture.pixels.any()


def test_strength_blends_and_alpha_0_stays(model: str) -> None:
    source = scratched(4)
    source.pixels[29:31, 10:40, 3] = 0
    full, half = (
        REPAIR.open(RepairOptions(model=model, strength=s), engine()).run(source).picture.pixels
        for s in (1.0, 0.5)
    )
    np.testing.assert_allclose(
        half[..., :3], (full[..., :3].astype(float) + source.pixels[..., :3]) / 2, atol=1
    )
    np.testing.assert_array_equal(full[29:31, 10:40], source.pixels[29:31, 10:40])


def test_a_model_of_another_kind(tmp_path: Path) -> None:
    path = cleaning_model(tmp_path / "other.onnx", task="repair")
    with pytest.raises(ModelError, match="does not make RGB out of RGB and where to look"):
        REPAIR.open(RepairOptions(model=str(path)), engine())
    blind = cleaning_model(tmp_path / "blind.onnx", task="repair", mask=False)
    with pytest.raises(ModelError, match="does not tell where damage is"):
        REPAIR.open(RepairOptions(model=str(blind)), engine())
