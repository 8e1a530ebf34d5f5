"""What the shipped models for De-artifact and Colorize make of photographs, in figures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import unfade
from unfade.picture import read_picture

EXAMPLE = Path(__file__).parents[2] / "examples" / "shepherd.webp"


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    error = np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-10)))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """HWC uint8 RGB."""
    return read_picture(EXAMPLE).pixels


@pytest.mark.parametrize(("quality", "gray", "gain"), [(10, False, 0.8), (30, False, 0.6), (10, True, 0.7)])
def test_artifacts_go(photo: np.ndarray, quality: int, gray: bool, gain: float) -> None:
    truth = Image.fromarray(photo).convert("L" if gray else "RGB")
    data = io.BytesIO()
    truth.save(data, "JPEG", quality=quality)
    damaged = np.asarray(Image.open(data))
    restored = unfade.deartifact(damaged, device="cpu").pixels.reshape(damaged.shape)
    assert psnr(restored, np.asarray(truth)) > psnr(damaged, np.asarray(truth)) + gain


def test_letters_are_cleaned_though_they_look_like_a_watermark() -> None:
    page = Image.new("RGB", (320, 240), (250, 250, 244))
    draw = ImageDraw.Draw(page)
    for row in range(9):
        text = "Where the river turns north"[row : row + 18]
        draw.text((12, 8 + 25 * row), text, (20, 20, 30), ImageFont.load_default(22 - row))
    data = io.BytesIO()
    page.save(data, "JPEG", quality=30)
    damaged = np.asarray(Image.open(data))
    restored = unfade.deartifact(damaged, device="cpu").pixels
    assert psnr(restored, np.asarray(page)) > psnr(damaged, np.asarray(page)) + 0.8


def test_a_good_photograph_is_left_alone(photo: np.ndarray) -> None:
    assert psnr(unfade.deartifact(photo, device="cpu").pixels, photo) > 40


def test_colours_come_and_luma_stays(photo: np.ndarray) -> None:
    gray = np.asarray(Image.fromarray(photo).convert("L"))
    coloured = unfade.colorize(gray, device="cpu").pixels
    assert coloured.shape == photo.shape
    assert np.abs(np.asarray(Image.fromarray(coloured).convert("L")).astype(int) - gray).mean() < 6
    spread = coloured.astype(int).max(axis=2) - coloured.min(axis=2)
    assert spread.mean() > 8


def test_a_hint_colours_what_it_is_put_on(photo: np.ndarray) -> None:
    gray = np.asarray(Image.fromarray(photo).convert("L"))
    y, x = gray.shape[0] // 2, gray.shape[1] // 2

    def redness(hints: list[unfade.Hint]) -> float:
        made = unfade.colorize(gray, hints=hints, device="cpu").pixels[y - 8 : y + 8, x - 8 : x + 8]
        return float(made[..., 0].astype(int).mean() - made[..., 1:].mean())

    assert redness([unfade.Hint(x, y, "#c03030")]) > redness([]) + 10
