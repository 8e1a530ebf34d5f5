"""Marks and their masks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from unfade_training.degradations import Watermark
from unfade_training.degradations.marks import (
    can_write,
    font_files,
    load_font,
    logo_mark,
    random_text,
    stamp_mark,
    text_mark,
)

DRY = Watermark(jpeg_share=0, clean_share=0)
VARIANTS = {
    "mixed": DRY,
    "tiled": replace(DRY, tiled_share=1, stamp_share=0),
    "outlined": replace(DRY, outline_share=1, stamp_share=0),
    "shadowed": replace(DRY, shadow_share=1, stamp_share=0),
    "coloured": replace(DRY, colour_share=1, stamp_share=0),
    "logos": replace(DRY, logo_share=1, stamp_share=0),
    "stamps": replace(DRY, stamp_share=1),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_pixels_outside_the_mask_are_untouched_and_inside_bounded_by_it(photo: np.ndarray, name: str) -> None:
    drawn = 0
    for seed in range(15):
        made = VARIANTS[name].apply(photo[:144, :144], np.random.default_rng(seed))
        assert made.mask is not None
        outside = made.mask == 0
        assert np.array_equal(made.picture[outside], made.target[outside])
        change = np.abs(made.picture.astype(float) - made.target).max(2)
        assert (change <= made.mask * 255 + 0.501).all()
        assert (
            made.mask.max() <= 1 - (1 - 0.95) ** 4 + 1e-6
        )  # two marks with shadows at most lie over each other
        drawn += bool((made.mask > 0.05).mean() > 0.003)
    assert drawn >= 11  # a mark may lie mostly beside the patch, but not often


def test_a_plain_mark_is_exactly_a_blend_with_its_colour(photo: np.ndarray) -> None:
    plain = replace(
        DRY, outline_share=0, shadow_share=0, stamp_share=0, colour_share=0, most_marks=1, opacity=(0.5, 0.5)
    )
    seen = set()
    for seed in range(20):
        made = plain.apply(photo[:144, :144], np.random.default_rng(seed))
        assert made.mask is not None and made.mask.max() <= 0.5 + 1e-6
        full = made.mask > 0.499
        if not full.any():
            continue
        # (1 - A) x + A c = picture  ->  c
        colour = np.median((made.picture[full] - 0.5 * made.target[full]) / 0.5)
        blend = made.target * (1 - made.mask[..., None]) + made.mask[..., None] * round(colour)
        assert np.abs(made.picture - blend).max() <= 1.01
        seen.add(round(colour / 16))
    assert len(seen) >= 2 and round(255 / 16) in seen


def test_clean_pictures_have_an_empty_mask(photo: np.ndarray) -> None:
    made = replace(DRY, clean_share=1).apply(photo[:100, :100], np.random.default_rng(0))
    assert made.mask is not None and not made.mask.any()
    assert np.array_equal(made.picture, made.target)


def test_the_mask_is_that_of_the_picture_before_the_jpeg(photo: np.ndarray) -> None:
    dry = replace(DRY, quality=(95, 95))
    wet = replace(dry, jpeg_share=1)
    for seed in range(6):
        a, b = (d.apply(photo[:144, :144], np.random.default_rng(seed)) for d in (dry, wet))
        assert a.mask is not None and b.mask is not None
        assert np.array_equal(a.mask, b.mask)
        assert 0 < np.abs(a.picture.astype(float) - b.picture).mean() < 6


def test_tiles_repeat(photo: np.ndarray) -> None:
    """A tiled mark covers each quarter of a patch that is large against its letters."""
    tiled = replace(DRY, tiled_share=1, size=(10, 12), stamp_share=0, logo_share=1)
    for seed in range(8):
        mask = tiled.apply(photo[:272, :272], np.random.default_rng(seed)).mask
        assert mask is not None
        assert all(q.any() for half in np.split(mask, 2) for q in np.split(half, 2, axis=1))


def test_sizes_bound_the_letters() -> None:
    for seed in range(30):
        mark = text_mark(np.random.default_rng(seed), 20)
        assert mark.fill.size == mark.stroke.size
        assert mark.fill.getbbox() is not None
        assert 8 < mark.fill.height < 2 * 45
        assert (np.asarray(mark.stroke) >= np.asarray(mark.fill)).all()


@pytest.mark.parametrize("height", [8, 33])
def test_logos_and_stamps_are_drawn_at_their_height(height: int) -> None:
    for seed in range(20):
        logo = logo_mark(np.random.default_rng(seed), height)
        assert logo.fill.size == logo.stroke.size == (height, height)
        assert logo.fill.getbbox() is not None
        stamp = stamp_mark(np.random.default_rng(seed), height)
        assert stamp.fill.getbbox() is not None
        assert height <= stamp.fill.height <= height * 1.5
        assert stamp.fill.width > 2 * height


def test_fonts_of_a_folder_are_used_and_broken_ones_left_out(tmp_path: Path) -> None:
    own = ImageFont.load_default(20)
    assert isinstance(own, ImageFont.FreeTypeFont)
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "good.ttf").write_bytes(own.font_bytes)
    (tmp_path / "fonts" / "broken.ttf").write_bytes(b"not a font")
    (tmp_path / "fonts" / "readme.txt").write_text("none")
    assert font_files(str(tmp_path)) == (str(tmp_path / "fonts" / "good.ttf"),)
    assert font_files(str(tmp_path / "missing")) == ()
    assert load_font(str(tmp_path / "fonts" / "good.ttf"), 30).size == 30


def test_no_text_is_drawn_with_a_font_that_lacks_its_letters() -> None:
    assert can_write("", "© 2024 Name")
    assert not can_write("", "見本")
    for path in font_files()[:4]:
        assert can_write(path, "Aag4")


def test_texts_differ() -> None:
    texts = {random_text(np.random.default_rng(seed)) for seed in range(200)}
    assert len(texts) > 170
    assert all(0 < len(text) < 60 and "\n" not in text for text in texts)
