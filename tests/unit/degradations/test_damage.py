"""Damage and its mask; real shapes from a folder, and drawn ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from unfade_training.degradations import build_degradation
from unfade_training.degradations.base import UNTOLD
from unfade_training.degradations.damage import TOLD_FROM, VISIBLE, Damage
from unfade_training.degradations.damage_shapes import DRAWN, real_shape, scanned, shape_files, soften
from unfade_training.errors import TrainingError

PLAIN = Damage(jpeg_share=0, clean_share=0, gray_share=0, grain_share=0, texture_share=0, text_share=0)


@pytest.fixture
def shapes(tmp_path: Path) -> str:
    """A hair, a stain and a scan."""
    for kind, box in (("hair", (2, 10, 60, 12)), ("stain", (5, 5, 30, 30))):
        picture = Image.new("L", (64, 40))
        picture.paste(255, box)
        (tmp_path / kind).mkdir()
        picture.save(tmp_path / kind / "one.png")
    scan = Image.new("1", (1200, 900))
    scan.paste(1, (100, 0, 130, 900))
    (tmp_path / "scans").mkdir()
    scan.save(tmp_path / "scans" / "scan.png")
    return str(tmp_path)


@pytest.mark.parametrize("kind", DRAWN)
def test_drawn_shapes_are_opacities_of_the_window(kind: str) -> None:
    seen = 0.0
    for seed in range(12):
        alpha = DRAWN[kind](np.random.default_rng(seed), (96, 128), 300.0)
        assert alpha.shape == (96, 128) and alpha.dtype == np.float32
        assert alpha.min() >= 0 and alpha.max() <= 1
        seen += float((alpha > 0.1).mean() > 0)
    assert seen >= 4  # a part of them may lie beside the window


def test_tramlines_run_straight_along_the_film() -> None:
    seen = []
    for seed in range(30):
        there = DRAWN["tramlines"](np.random.default_rng(seed), (160, 200), 400.0) > 0.3
        if not there.any():
            continue
        along, across = sorted((there.any(axis=1).mean(), there.any(axis=0).mean()), reverse=True)
        assert across < 0.4 and across < 0.6 * along
        seen.append(along)
    assert len(seen) > 20 and np.mean(seen) > 0.8


def test_larger_pictures_have_larger_damage() -> None:
    def covered(side: float) -> float:
        shapes = [DRAWN["torn"](np.random.default_rng(seed), (256, 256), side) for seed in range(20)]
        return float(np.mean([(shape > 0.1).mean() for shape in shapes]))

    assert covered(400.0) > 3 * covered(100.0) > 0


def test_every_edge_is_torn_at_times() -> None:
    torn = np.zeros(4, int)
    for seed in range(60):
        alpha = DRAWN["torn"](np.random.default_rng(seed), (96, 128), 300.0) > 0.5
        middles = (alpha[0, 40:88], alpha[-1, 40:88], alpha[30:66, 0], alpha[30:66, -1])
        torn += [bool(middle.any()) for middle in middles]
    assert torn.min() >= 3, torn


def test_text_in_photographs_is_at_times_coloured() -> None:
    written = replace(PLAIN, text_share=1.0, clean_share=1.0)
    flat = np.full((96 + 2 * written.margin, 96 + 2 * written.margin, 3), 128, np.uint8)
    targets = [written.apply(flat, np.random.default_rng(seed)).target for seed in range(30)]
    assert 2 <= sum(bool((np.ptp(target, axis=2) > 100).any()) for target in targets) < 20


def test_pixels_outside_the_mask_are_untouched(photo: np.ndarray) -> None:
    drawn = 0
    for seed in range(30):
        made = PLAIN.apply(photo[:160, :160], np.random.default_rng(seed))
        assert made.mask is not None
        outside = made.mask == 0
        assert np.array_equal(made.picture[outside], made.target[outside])
        change = np.abs(made.picture.astype(float) - made.target).max(2)
        assert (change <= np.maximum(made.mask, VISIBLE) * 255 + 1.01).all()
        drawn += bool((made.mask > 0.1).mean() > 0.001)
    assert drawn >= 22


def test_the_mask_is_faint_where_damage_cannot_be_seen() -> None:
    """White dust before white: nobody can say where it lies."""
    size = 96 + 2 * PLAIN.margin
    halves = np.full((size, size, 3), 255, np.uint8)
    halves[:, size // 2 :] = 40
    bright = replace(
        PLAIN, kinds={"dust": 1.0}, count=(200.0, 200.0), side=(128.0, 128.0), opacity=(1.0, 1.0),
        dark_share=0.0, tint_share=0.0, soft_share=0.0,
    )  # fmt: skip
    left, right = [], []
    for seed in range(8):
        pair = bright.apply(halves, np.random.default_rng(seed))
        assert pair.mask is not None
        seen = np.abs(pair.picture.astype(int) - pair.target).max(axis=2)
        left.append(pair.mask[:, :46][seen[:, :46] < 3].max())
        right.append(pair.mask[:, 50:].max())
    assert max(left) <= 0.05 and max(right) > 0.9


def test_gray_photographs_have_gray_damage() -> None:
    gray = replace(PLAIN, gray_share=1.0, tint_share=1.0)
    levels = [
        np.ptp(
            gray.draw(np.full((64, 64, 3), 0.5, np.float32), np.random.default_rng(s), gray=True)[0], axis=2
        )
        for s in range(8)
    ]
    assert max(float(level.max()) for level in levels) < 1e-6


def test_where_damage_is_can_be_told_in_a_fourth_channel(photo: np.ndarray) -> None:
    told = [
        replace(PLAIN, told_share=0.7).apply(photo[:160, :160], np.random.default_rng(seed))
        for seed in range(40)
    ]
    wide, alarms, untold = 0, 0, 0
    for made in told:
        assert made.mask is not None and made.picture.shape == (*made.mask.shape, 4)
        fourth = made.picture[..., 3]
        if (fourth == UNTOLD).all():
            untold += 1
            continue
        assert set(np.unique(fourth)) <= {0, 255} and fourth[made.mask > TOLD_FROM[1]].all()
        wide += bool(fourth[made.mask == 0].any())
        near = np.asarray(Image.fromarray(made.mask > 0).convert("L").filter(ImageFilter.MaxFilter(5)))
        alarms += bool(fourth[near == 0].any())
    assert 5 < untold < 20 and wide > 10 and 1 < alarms < 15
    plain = PLAIN.apply(photo[:160, :160], np.random.default_rng(3))
    assert plain.picture.shape[2] == 3 and np.array_equal(plain.picture, told[3].picture[..., :3])


def test_who_is_not_told_has_the_channel_too_where_others_are(photo: np.ndarray) -> None:
    table = {"kind": "damage", "jpeg_share": 0}
    mixed = build_degradation([{"kind": "clean", "share": 0.5}, {**table, "told_share": 1.0, "share": 0.5}])
    made = [mixed.apply(photo[:192, :192], np.random.default_rng(seed)) for seed in range(20)]
    assert {pair.picture.shape[2] for pair in made} == {4}
    untold = [bool((pair.picture[..., 3] == UNTOLD).all()) for pair in made]
    assert 4 < sum(untold) < 16
    held = mixed.held_out()
    assert {held.apply(photo[:192, :192], np.random.default_rng(s)).picture.shape[2] for s in range(9)} == {3}


def test_what_lies_beneath_stays_and_is_not_told_of(photo: np.ndarray) -> None:
    kinds = {"torn": 1.0}
    below = replace(PLAIN, kinds=kinds, beneath={"scratch": 1.0}, clean_share=1.0)
    differs = 0
    for seed in range(12):
        made = below.apply(photo, np.random.default_rng(seed))
        np.testing.assert_array_equal(made.picture, made.target)
        assert made.mask is not None and not made.mask.any()
        plain = replace(below, beneath={}).apply(photo, np.random.default_rng(seed))
        differs += int((made.target != plain.target).any())
    assert 4 <= differs < 12  # two in three have some
    with pytest.raises(ValueError, match="beneath knows no 'scratches-of-film'"):
        replace(PLAIN, beneath={"scratches-of-film": 1.0})


def test_clean_pictures_are_left_alone(photo: np.ndarray) -> None:
    clean = replace(Damage(), clean_share=1.0, jpeg_share=0.0)
    for seed in range(6):
        made = clean.apply(photo[:96, :96], np.random.default_rng(seed))
        assert made.mask is not None and not made.mask.any()
        assert np.array_equal(made.picture, made.target)


def test_real_shapes_are_taken_from_their_folder(shapes: str, photo: np.ndarray) -> None:
    assert set(shape_files(shapes)) == {"hair", "stain", "scans"}
    hairs = [real_shape(np.random.default_rng(s), shapes, "hair", (96, 96), 400.0) for s in range(10)]
    assert all(h.shape == (96, 96) and h.max() > 0.5 for h in hairs)
    piece = scanned(np.random.default_rng(0), shapes, (96, 96), 450.0)
    assert piece.shape == (96, 96) and piece.max() == 1.0
    real = Damage(shapes=shapes, kinds={"hair": 1.0, "scans": 1.0}, clean_share=0)
    masks = [real.apply(photo[:128, :128], np.random.default_rng(s)).mask for s in range(10)]
    assert sum(bool((mask > 0.1).any()) for mask in masks if mask is not None) >= 6


def test_kinds_that_are_not_in_the_folder_are_not_drawn_from(shapes: str, photo: np.ndarray) -> None:
    mixed = Damage(shapes=shapes, kinds={"hair": 1.0, "lint": 5.0, "scratch": 1.0})
    for seed in range(10):
        mixed.apply(photo[:96, :96], np.random.default_rng(seed))


def test_a_folder_without_shapes_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no shapes of damage"):
        build_degradation({"kind": "damage", "shapes": str(tmp_path)})
    with pytest.raises(TrainingError, match="real shapes only"):
        build_degradation({"kind": "damage", "kinds": {"hair": 1.0}})
    with pytest.raises(TrainingError, match="knows no 'hairs'"):
        build_degradation({"kind": "damage", "kinds": {"hairs": 1.0}})


def test_softening_spreads_an_opacity() -> None:
    alpha = np.zeros((32, 32), np.float32)
    alpha[16, 16] = 1
    soft = soften(alpha, 1.0)
    assert 0.1 < soft[16, 16] < 0.3 and soft[16, 17] > 0.05
