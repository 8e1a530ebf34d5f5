"""Damage too large for Repair's network: torn corners, blots, and all of it in scans of many pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import identity_model, repairing_model
from tests.unit.filters.pictures import apart, engine, picture
from unfade.filters import Stroke, UpscaleOptions
from unfade.filters.large_damage import LargeDamage, blots, large_damage, torn_corners
from unfade.filters.pipeline import Step, open_steps
from unfade.filters.repair import REPAIR, RepairOptions
from unfade.filters.runner import Result, Runner
from unfade.filters.strokes import paint
from unfade.filters.upscale import UPSCALE
from unfade.inference import Bounds, Extent
from unfade.picture import Picture, from_float, regions, to_float


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(repairing_model(tmp_path / "mend.onnx"))


def check_region(runner: Runner, source: Picture, whole: Result, region: Bounds, mask: int = 0) -> None:
    """It equals that region of the whole, its mask within so many steps."""
    part = runner.run(source, region=region, want_mask=True)
    rows, columns = slice(region.y, region.bottom), slice(region.x, region.right)
    assert part.exact and part.mask is not None and whole.mask is not None
    assert apart(part.picture.pixels, whole.picture.pixels[rows, columns]) <= 1 / 255
    assert np.abs(part.mask.astype(int) - whole.mask[rows, columns]).max() <= mask


# Torn corners


def torn(
    *corners: tuple[int, int],
    height: int = 200,
    width: int = 260,
    reach: int = 40,
    colour: float = 0.92,
    channels: int = 3,
) -> Picture:
    """Smooth dark colours without these corners (rows and columns 0 or -1), behind jagged edges."""
    values = to_float(picture(height, width, channels, dtype="float32").pixels) * np.float32(0.5)
    if channels in (2, 4):
        values[..., -1] = 1.0
    jags = np.random.default_rng(1).integers(-4, 5, reach)
    for corner in corners:
        view = values[:: -1 if corner[0] else 1, :: -1 if corner[1] else 1]
        for row in range(reach):
            view[row, : max(0, reach - row + int(jags[row])), : channels - 1 + channels % 2] = colour
    return Picture(from_float(values, "uint8"))


def corners_of(source: Picture) -> int:
    return len(torn_corners(source, lambda seen: seen))


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1)])
@pytest.mark.parametrize("factor", [1, 4])
def test_a_torn_corner_is_painted_over(corner: tuple[int, int], factor: int) -> None:
    source = torn(corner, height=200 * factor, width=260 * factor, reach=40 * factor)
    (stroke,) = torn_corners(source, lambda seen: seen)
    painted = paint([stroke], Bounds(0, 0, source.height, source.width))
    assert painted is not None
    paper = (source.pixels == 235).all(axis=2)
    assert painted.add[paper].min() == 1  # all of it ...
    assert (painted.add > 0).sum() < 1.6 * paper.sum()  # ... and little beside it


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_torn_corner_is_found_in_pictures_of_any_kind(channels: int) -> None:
    assert corners_of(torn((0, 0), channels=channels)) == 1


def sky() -> Picture:
    """Bright, even for a sky, and cut off by a roof."""
    source = torn((0, 0))
    noise = np.random.default_rng(0).normal(0, 3, source.pixels.shape)
    paper = (source.pixels == 235).all(axis=2)
    source.pixels[paper] = np.clip(np.rint(235 + noise[paper]), 0, 255)
    return source


def fading() -> Picture:
    """As bright in the corner, without an edge."""
    source = torn()
    far = np.add.outer(np.arange(200), np.arange(260))[..., None]
    source.pixels[...] = np.maximum(source.pixels, np.clip(235 - np.maximum(far - 40, 0) * 2, 0, 235))
    return source


def strip() -> Picture:
    """A white wall, or a margin, along a side."""
    source = torn()
    source.pixels[:40] = 235
    return source


def hidden() -> Picture:
    """Nothing is to be seen in the corner anyway."""
    source = torn((0, 0), channels=4)
    source.pixels[:60, :60, 3] = 0
    return source


@pytest.mark.parametrize(
    "whole",
    [
        torn(),
        torn((0, 0), colour=0.03),  # a vignette
        torn((0, 0), (0, -1), (-1, 0)),  # a mount
        torn((0, 0), reach=100),  # half a page
        torn((0, 0), height=50, width=60, reach=10),
        sky(),
        fading(),
        strip(),
        hidden(),
        Picture(np.full((200, 200, 3), 255, np.uint8)),
        Picture(np.full((1, 900, 1), 235, np.uint8)),
    ],
    ids=["whole", "dark", "mount", "large", "small", "sky", "fading", "strip", "hidden", "white", "row"],
)
def test_corners_that_are_not_torn(whole: Picture) -> None:
    assert corners_of(whole) == 0


def test_a_torn_corner_goes_but_where_the_user_keeps_it(model: str) -> None:
    source = torn((0, -1), reach=56)
    runner = REPAIR.open(RepairOptions(model=model), engine())
    whole = runner.run(source, want_mask=True)
    paper = (source.pixels == 235).all(axis=2)
    assert whole.mask is not None and whole.mask[paper].min() == 255
    assert to_float(whole.picture.pixels)[paper].max() < 0.6
    for region in (Bounds(20, 200, 30, 30), Bounds(0, 0, 90, 260), Bounds(100, 0, 50, 50)):
        check_region(runner, source, whole, region)
    keep = Stroke("keep", 90, ((260.0, 0.0),))
    kept = REPAIR.open(RepairOptions(model=model, strokes=(keep,)), engine()).run(source)
    np.testing.assert_array_equal(kept.picture.pixels[paper], source.pixels[paper])
    blind = REPAIR.open(RepairOptions(model=model, sensitivity=0.0), engine()).run(source)
    np.testing.assert_array_equal(blind.picture.pixels[paper], source.pixels[paper])


def test_a_torn_corner_in_a_chain_lies_where_the_step_before_puts_it(model: str, tmp_path: Path) -> None:
    source = torn((-1, 0), reach=56)
    enlarge = Step(UPSCALE, UpscaleOptions(model=str(identity_model(tmp_path / "x2.onnx", 2))))
    steps = [enlarge, Step(REPAIR, RepairOptions(model=model))]
    result = open_steps(steps, engine()).run(source, want_mask=True)
    paper = np.kron((source.pixels == 235).all(axis=2), np.ones((2, 2), bool))
    assert result.mask is not None and result.mask[paper].min() == 255
    assert to_float(result.picture.pixels)[paper].max() < 0.6


# Blots

Where = NDArray[np.bool_]


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> Where:
    """HW; centre and radius as shares of the height."""
    y, x = (np.indices(shape) + 0.5) / shape[0]
    within: Where = np.hypot(y - centre[0], x - centre[1]) < radius
    return within


def masks_of(*discs: tuple[tuple[float, float], float], sure: float = 1.0) -> list[NDArray[np.uint8]]:
    """What is found in three copies of a picture."""
    shapes = ((240, 320), (160, 213), (120, 160))
    seen = [np.logical_or.reduce([disc(shape, *one) for one in discs]) for shape in shapes]
    return [(one * np.uint8(round(255 * sure))).astype(np.uint8) for one in seen]


def covered(strokes: tuple[Stroke, ...], size: Extent) -> Where:
    painted = paint(strokes, Bounds(0, 0, size.height, size.width))
    return np.zeros((size.height, size.width), bool) if painted is None else painted.add > 0.5


SIZE = Extent(960, 1280)
FLAT = np.full((240, 320, 3), 0.9, np.float32)


def test_a_blot_is_covered_and_little_beside_it() -> None:
    found = covered(blots(FLAT, masks_of(((0.5, 0.6), 0.15), ((0.05, 0.02), 0.1)), SIZE), SIZE)
    blot = disc((960, 1280), (0.5, 0.6), 0.15) | disc((960, 1280), (0.05, 0.02), 0.1)
    assert found[blot].mean() > 0.98
    assert (found & ~blot).sum() < 0.06 * blot.sum()


def test_a_blot_that_only_a_smaller_copy_shows_is_covered() -> None:
    masks = masks_of(((0.5, 0.6), 0.2))
    masks[0][...] = 0
    blot = disc((960, 1280), (0.5, 0.6), 0.2)
    found = covered(blots(FLAT, masks, SIZE), SIZE)
    assert found[blot].mean() > 0.97 and (found & ~blot).sum() < 0.1 * blot.sum()


def test_a_hole_in_a_blot_belongs_to_it_and_a_frame_has_none() -> None:
    masks = masks_of(((0.5, 0.6), 0.2))
    for mask in masks:
        mask[disc(mask.shape, (0.5, 0.6), 0.06)] = 40
    found = covered(blots(FLAT, masks, SIZE), SIZE)
    assert found[disc((960, 1280), (0.5, 0.6), 0.19)].all()
    frame = masks_of(((0.5, 0.6), 2.0))
    for mask in frame:
        mask[disc(mask.shape, (0.5, 0.6), 0.35)] = 0
    assert not covered(blots(FLAT, frame, SIZE), SIZE)[disc((960, 1280), (0.5, 0.6), 0.3)].any()


def test_what_is_no_blot() -> None:
    blot = ((0.5, 0.6), 0.15)
    assert blots(FLAT, [], SIZE) == () == blots(FLAT, masks_of(blot)[:1], SIZE)  # nothing that agrees
    alone = masks_of(blot)
    for mask in alone[1:]:
        mask[...] = 0
    assert blots(FLAT, alone, SIZE) == ()
    assert blots(FLAT, masks_of(blot, sure=0.7), SIZE) == ()
    assert blots(FLAT, masks_of(blot, sure=0.7), SIZE, demand=0.5)
    assert blots(FLAT, masks_of(((0.5, 0.6), 0.02)), SIZE) == ()  # the network sees all of it
    hair = masks_of(blot)
    for mask in hair:
        mask[...] = 0
        mask[mask.shape[0] // 2] = 255
    assert blots(FLAT, hair, SIZE) == ()


def test_a_blot_through_which_the_picture_is_seen_is_none() -> None:
    blot = ((0.5, 0.6), 0.15)
    texture = np.random.default_rng(0).uniform(0, 0.5, (240, 320, 1)).astype(np.float32)
    covering = disc((240, 320), *blot)[..., None] * np.float32(0.9)
    for opacity, count in ((1.0, 1), (0.95, 1), (0.4, 0), (0.0, 0)):
        seen = texture + opacity * covering / np.float32(0.9) * (np.float32(0.9) - texture)
        assert len(blots(seen, masks_of(blot), SIZE)) == count


def blotted(height: int = 360, width: int = 420) -> tuple[Picture, Where]:
    values = to_float(picture(height, width, 3, dtype="float32").pixels) * np.float32(0.5)
    blot = disc((height, width), (0.5, 0.6), 0.12)
    values += np.random.default_rng(0).normal(0, 0.02, values.shape).astype(np.float32)
    values[blot] = 1.0
    return Picture(from_float(np.clip(values, 0, 1), "uint8")), blot


def test_level_parts_of_a_drawing_are_no_blots(model: str) -> None:
    values = np.full((360, 420, 3), 0.4, np.float32)
    blot = disc((360, 420), (0.5, 0.6), 0.12)
    values[blot] = 1.0
    source = Picture(from_float(values, "uint8"))
    result = REPAIR.open(RepairOptions(model=model), engine()).run(source)
    middle = np.s_[170:190, 205:225]
    np.testing.assert_array_equal(result.picture.pixels[middle], source.pixels[middle])


def test_a_blot_goes_but_where_the_user_keeps_it(model: str) -> None:
    source, blot = blotted()
    runner = REPAIR.open(RepairOptions(model=model), engine())
    whole = runner.run(source, want_mask=True)
    assert whole.mask is not None and whole.mask[blot].mean() > 250
    assert to_float(whole.picture.pixels)[blot].max() < 0.7
    for region in (Bounds(150, 180, 60, 60), Bounds(0, 0, 200, 220), Bounds(300, 0, 50, 50)):
        check_region(runner, source, whole, region)
    keep = Stroke("keep", 80, ((216.0, 180.0),))
    kept = REPAIR.open(RepairOptions(model=model, strokes=(keep,)), engine()).run(source)
    np.testing.assert_array_equal(kept.picture.pixels[blot], source.pixels[blot])


def test_regions_have_numbers() -> None:
    flags = np.array([[1, 1, 0], [0, 0, 1], [1, 0, 1]], bool)
    labels = regions(flags)
    assert labels.shape == (3, 3) and len(np.unique(labels)) == 5
    assert labels[0, 0] == labels[0, 1] and labels[1, 2] == labels[2, 2] and labels[1, 0] == labels[2, 1]
    assert labels[0, 2] != labels[1, 0] != labels[2, 0] != labels[0, 0]


# Scans of many pixels


def test_of_a_long_picture_the_copies_are_small() -> None:
    seen: list[int] = []

    def find(small: Picture) -> NDArray[np.uint8]:
        seen.append(small.height * small.width)
        return np.zeros((small.height, small.width), np.uint8)

    assert not large_damage(Picture(np.zeros((400, 60000, 1), np.uint8)), find, lambda source: source)
    assert seen and max(seen) < 4.3e6


def striped(height: int = 1320, width: int = 1400) -> tuple[Picture, Where]:
    """A broad scratch that is damage to the model on the whole, though not each row of it."""
    noise = np.random.default_rng(0).normal(0, 0.02, (height, width, 3))
    values = (0.4 + noise).astype(np.float32)
    scratch = np.zeros((height, width), bool)
    scratch[600:612, 100:1300] = True
    values[600:612:2, 100:1300], values[601:612:2, 100:1300] = 1.0, 0.87
    return Picture(from_float(values, "uint8")), scratch


def test_in_a_scan_of_many_pixels_a_smaller_copy_tells_where_to_look(model: str) -> None:
    source, scratch = striped()
    runner = REPAIR.open(RepairOptions(model=model), engine())
    whole = runner.run(source, want_mask=True)
    assert whole.mask is not None and whole.mask[:590].max() < 10
    assert whole.mask[600:611, 110:1290].min() > 200  # its edge is half as sure
    small = Picture(np.ascontiguousarray(source.pixels[560:660]))  # by itself it has few pixels
    alone = runner.run(small, want_mask=True)
    assert alone.mask is not None and alone.mask[scratch[560:660]].min() < 100
    check_region(runner, source, whole, Bounds(590, 80, 70, 90), mask=1)


def test_what_a_smaller_copy_shows_is_the_same_for_all_parts() -> None:
    mask = np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8)
    large, size = LargeDamage(mask=mask), Extent(130, 170)
    whole = large.seen(Bounds(0, 0, 130, 170), size)
    part = large.seen(Bounds(37, 51, 60, 70), size)
    assert whole is not None and part is not None
    np.testing.assert_allclose(part, whole[37:97, 51:121], atol=1e-6)
    assert abs(float(whole.mean()) - mask.mean() / 255) < 0.01
    assert LargeDamage(mask=np.zeros((40, 50), np.uint8)).seen(Bounds(37, 51, 60, 70), size) is None
    assert not LargeDamage() and LargeDamage().seen(Bounds(0, 0, 9, 9), size) is None
