"""Translucent stains: taken off with the colour that their edge tells, and what shines through comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import identity_model, repairing_model, staining_model, toning_model
from tests.unit.filters.pictures import apart, engine, picture
from unfade.errors import ModelError
from unfade.filters import Memo, Stroke, UpscaleOptions
from unfade.filters.mix import box_mean
from unfade.filters.pipeline import Step, open_steps
from unfade.filters.repair import REPAIR, RepairOptions
from unfade.filters.revive import REVIVE, ReviveOptions
from unfade.filters.runner import all_of, size_of
from unfade.filters.stains import Stains, find_stains, mark_stains, take_off
from unfade.filters.upscale import UPSCALE
from unfade.inference import Bounds, Extent, OutOfMemory, Session
from unfade.models.catalog import find_model
from unfade.picture import Picture, from_float, to_float

INK = np.array([0.1, 0.1, 0.9], np.float32)
OPACITY = 0.6


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of all installed models one that finds blue stains."""
    blue = staining_model(tmp_path / "models/blue.onnx", opacity=OPACITY)
    monkeypatch.setattr("unfade.filters.stains.installed_model", lambda _task: find_model(blue))
    return tmp_path


def photograph(height: int = 200, width: int = 240) -> NDArray[np.float32]:
    """Gray, with detail everywhere; none of it white."""
    gray = to_float(picture(height, width, 1, dtype="float32").pixels)
    fine = np.random.default_rng(4).random((height // 2, width // 2, 1), np.float32).repeat(2, 0).repeat(2, 1)
    return np.repeat(0.15 + 0.45 * gray + 0.15 * fine, 3, axis=2)


def stained(values: NDArray[np.float32], opacity: float = OPACITY) -> NDArray[np.float32]:
    """With a blue stain in the middle."""
    result = values.copy()
    spot = np.s_[70:130, 80:160]
    result[spot] = (1 - opacity) * values[spot] + opacity * INK
    return result


def same(picture: Picture) -> Picture:
    """What a network sees of a picture that needs no conversion."""
    return picture


def of(values: NDArray[np.float32], dtype: str = "uint8") -> Picture:
    return Picture(np.ascontiguousarray(from_float(values, dtype)))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("alpha", [False, True])
def test_what_shines_through_comes_back(models: Path, dtype: str, alpha: bool) -> None:
    """The model says that the stain is black: its edge tells its colour."""
    true = photograph()
    seen = stained(true)
    if alpha:
        seen = np.dstack([seen, np.ones(seen.shape[:2], np.float32)])
    model = str(repairing_model(models / "mend.onnx"))
    result = REPAIR.open(RepairOptions(model=model), engine()).run(of(seen, dtype), want_mask=True)
    colour = to_float(result.picture.colour)
    inside = np.s_[76:124, 86:154]
    assert result.picture.pixels.dtype == dtype
    assert np.abs(colour[inside] - true[inside]).mean() < 0.03
    assert np.corrcoef(colour[inside][..., 0].ravel(), true[inside][..., 0].ravel())[0, 1] > 0.98
    np.testing.assert_array_equal(result.picture.pixels[:50], of(seen, dtype).pixels[:50])
    assert result.mask is not None and result.mask[inside].min() > 250 and result.mask[:50].max() < 30
    assert result.report.model == "mend + blue"


def test_regions_equal_the_whole(models: Path) -> None:
    source = of(stained(photograph()))
    runner = REPAIR.open(RepairOptions(model=str(repairing_model(models / "mend.onnx"))), engine())
    whole = runner.run(source, want_mask=True)
    assert whole.mask is not None
    for region in (Bounds(60, 70, 50, 60), Bounds(100, 120, 60, 100), Bounds(0, 0, 40, 40)):
        part = runner.run(source, region=region, want_mask=True)
        at = np.s_[region.y : region.bottom, region.x : region.right]
        assert part.exact and part.mask is not None
        assert apart(part.picture.pixels, whole.picture.pixels[at]) <= 1 / 255
        np.testing.assert_array_equal(part.mask, whole.mask[at])


def test_strength_and_strokes_win(models: Path) -> None:
    source = of(stained(photograph()))
    model = str(repairing_model(models / "mend.onnx"))
    keep = Stroke("keep", 30, ((90.0, 70.0), (90.0, 130.0)))
    kept = REPAIR.open(RepairOptions(model=model, strokes=(keep,)), engine()).run(source, want_mask=True)
    left, right = np.s_[80:120, 86:108], np.s_[80:120, 134:154]
    np.testing.assert_array_equal(kept.picture.pixels[left], source.pixels[left])
    assert kept.mask is not None and not kept.mask[left].any() and kept.mask[right].min() > 250
    assert np.abs(to_float(kept.picture.pixels)[right] - photograph()[right]).mean() < 0.03
    for options in (RepairOptions(model=model, strength=0), RepairOptions(model=model, sensitivity=0)):
        same_again = REPAIR.open(options, engine()).run(source)
        np.testing.assert_array_equal(same_again.picture.pixels, source.pixels)


def test_without_a_model_of_stains_they_stay(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfade.filters.stains.installed_model", lambda _task: None)
    source = of(stained(photograph()))
    result = REPAIR.open(RepairOptions(model=str(repairing_model(models / "mend.onnx"))), engine()).run(
        source
    )
    np.testing.assert_array_equal(result.picture.pixels[76:124, 86:154], source.pixels[76:124, 86:154])
    assert result.report.model == "mend"


def test_a_model_that_names_no_stains(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = identity_model(models / "a.onnx", task="stains")
    monkeypatch.setattr("unfade.filters.stains.installed_model", lambda _task: find_model(other))
    model = str(repairing_model(models / "mend.onnx"))
    with pytest.raises(ModelError, match="The model a does not name stains: take it out"):
        REPAIR.open(RepairOptions(model=model), engine())
    REPAIR.open(RepairOptions(model=model, sensitivity=0), engine())


@pytest.mark.parametrize(
    ("opacity", "found"), [(0.05, False), (0.6, True), (0.97, False)], ids=["shade", "stain", "opaque"]
)
def test_what_is_taken_off(tmp_path: Path, opacity: float, found: bool) -> None:
    """Not what is hardly there, and not what hides all."""
    session = engine().session(staining_model(tmp_path / "blue.onnx", opacity=opacity))
    assert bool(find_stains(session, of(stained(photograph())), same)) == found


def test_plain_grounds_are_left_to_the_fill(tmp_path: Path) -> None:
    session = engine().session(staining_model(tmp_path / "blue.onnx"))
    plain = np.full((200, 240, 3), 0.4, np.float32)
    assert not find_stains(session, of(stained(plain)), same)
    assert not find_stains(session, of(plain), same)
    assert not find_stains(session, of(stained(photograph())[68:128, 78:138]), same)  # too small to be told


def test_gray_pictures_lose_the_stain_s_luma() -> None:
    planes = np.zeros((4, 8, 8), np.float32)
    planes[0], planes[1:] = 0.5, INK[:, None, None]
    luma = float(INK @ np.array([0.299, 0.587, 0.114], np.float32))
    gray = of(np.full((80, 80, 1), 0.5 * 0.4 + 0.5 * luma, np.float32), "float32")
    result = take_off(gray, Stains(planes), all_of(size_of(gray)), size_of(gray))
    np.testing.assert_allclose(result.pixels, 0.4, atol=1e-6)


def test_pieces_fit_together_and_what_has_none_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unfade.filters.stains._STRIP_PIXELS", 4000)
    planes = np.zeros((4, 20, 24), np.float32)
    planes[0, 5:9, 6:12], planes[1:] = 0.7, 0.9
    stains, size = Stains(planes), Extent(200, 240)
    source = of(photograph())
    whole = take_off(source, stains, all_of(size), size)
    mask = np.zeros((200, 240), np.uint8)
    mark_stains(mask, stains, all_of(size), size)
    bounds = Bounds(40, 50, 60, 70)
    at = np.s_[40:100, 50:120]
    piece = take_off(Picture(np.ascontiguousarray(source.pixels[at])), stains, bounds, size)
    np.testing.assert_array_equal(piece.pixels, whole.pixels[at])
    assert (whole.pixels[mask == 0] == source.pixels[mask == 0]).all() and mask.max() == 255
    beside = Picture(np.ascontiguousarray(source.pixels[150:]))
    assert take_off(beside, stains, Bounds(150, 0, 50, 240), size) is beside
    assert take_off(source, Stains(), all_of(size), size) is source


def test_what_is_whole_or_long_or_everywhere_is_no_stain(tmp_path: Path) -> None:
    session = engine().session(staining_model(tmp_path / "blue.onnx"))
    everywhere = (1 - OPACITY) * photograph() + OPACITY * INK
    assert not find_stains(session, of(everywhere), same)
    roll = np.tile(stained(photograph()), (8, 1, 1))
    assert not find_stains(session, of(roll), same)  # its copy is 19 pixels wide


def test_soft_edges_do_not_bend_the_colour(tmp_path: Path) -> None:
    """What lies beside the stain is still under a little of it."""
    true = photograph()
    soft = np.zeros((200, 240), np.float32)
    soft[70:130, 80:160] = 1
    for _ in range(3):
        soft = box_mean(soft, 4)
    opacity = (0.7 * soft)[..., None]
    seen = of((1 - opacity) * true + opacity * INK)
    planes = find_stains(
        engine().session(staining_model(tmp_path / "blue.onnx", opacity=0.7)), seen, same
    ).planes
    assert planes is not None
    np.testing.assert_allclose(planes[1:, planes[0] > 0.3].mean(axis=1), INK, atol=0.08)


def test_transparent_pixels_tell_nothing(tmp_path: Path) -> None:
    """Blue under alpha 0 is no stain, and does not tint what lies beside it."""
    session = engine().session(staining_model(tmp_path / "blue.onnx"))
    cut_out = np.dstack([photograph(), np.ones((200, 240), np.float32)])
    cut_out[60:140, 70:170] = (*INK, 0.0)
    assert not find_stains(session, of(cut_out), same)


def test_in_a_chain_the_colours_have_to_be_those_of_the_picture(models: Path) -> None:
    """After a filter that changes them a stain is not the colour it was; after one that enlarges it is."""
    source = of(stained(photograph()))
    repair = Step(REPAIR, RepairOptions(model=str(repairing_model(models / "mend.onnx"))))
    curves = np.linspace(0, 1, 9, dtype=np.float32)[None].repeat(3, 0) ** np.float32(0.7)
    tones = Step(REVIVE, ReviveOptions(model=str(toning_model(models / "tones.onnx", curves))))
    alone = open_steps([tones], engine()).run(source).picture.pixels
    both = open_steps([tones, repair], engine()).run(source).picture.pixels
    assert apart(both[80:120, 90:150], alone[80:120, 90:150]) <= 1 / 255
    enlarge = UpscaleOptions(model=str(identity_model(models / "same.onnx", 2, task="upscale")))
    large = open_steps([Step(UPSCALE, enlarge), repair], engine()).run(source).picture.pixels
    true = photograph().repeat(2, 0).repeat(2, 1)
    assert np.abs(to_float(large)[160:240, 180:300] - true[160:240, 180:300]).mean() < 0.03


def test_what_was_filled_beside_a_stain_is_filled_anew_without_it(models: Path) -> None:
    """The memo keeps fills of painted strokes, which are made of the picture as it is without its stains."""
    source, memo = of(stained(photograph())), Memo().of("one")
    stroke = Stroke("add", 6, ((120.0, 100.0),))
    model = str(repairing_model(models / "mend.onnx"))

    def filled(sensitivity: float, memo: Memo) -> NDArray[np.uint8]:
        options = RepairOptions(model=model, strokes=(stroke,), sensitivity=sensitivity)
        return REPAIR.open(options, engine()).run(source, memo=memo).picture.pixels

    filled(0.0, memo)
    np.testing.assert_array_equal(filled(0.5, memo), filled(0.5, Memo()))


def test_a_gpu_without_memory_leaves_it_to_the_cpu(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, run = of(stained(photograph())), Session.run
    blue, fails = engine().session(models / "models/blue.onnx"), [True]
    twin = engine().session(models / "models/blue.onnx")

    def tight(self: Session, inputs: Any) -> Any:
        if self is blue and fails:
            raise OutOfMemory("There is not enough memory on the GPU.")
        return run(self, inputs)

    monkeypatch.setattr(Session, "run", tight)
    with pytest.raises(OutOfMemory):
        find_stains(blue, source, same)
    monkeypatch.setattr(blue, "on_cpu", lambda: twin)
    assert find_stains(blue, source, same)
