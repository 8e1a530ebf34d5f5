"""How coarsely a picture was compressed, told from its pixels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from unfade.filters.quality import MOST_PATCHES, SIDE, estimate_of, patches_of, tabled
from unfade.picture import Metadata, Picture, from_float, srgb_to_linear, to_float
from unfade.picture.colour import linear_profile

PHOTO = Path(__file__).parents[3] / "examples" / "shepherd.webp"
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clean() -> Pixels:
    """A sharp photograph, brought down so far that nothing is left of its compression."""
    with Image.open(PHOTO) as photo:
        return np.asarray(
            photo.convert("RGB").resize((photo.width // 3, photo.height // 3), Image.Resampling.BOX)
        )


def page() -> Pixels:
    """With lines of letters and a coloured sign."""
    page = Image.new("RGB", (320, 256), "white")
    draw = ImageDraw.Draw(page)
    for row in range(6):
        draw.text((20, 20 + 16 * row), "The quick brown fox jumps over the lazy dog", "black")
    draw.ellipse((180, 130, 290, 240), fill=(200, 30, 40), outline="black", width=3)
    return np.asarray(page)


def shapes() -> Pixels:
    """Hardly any edges: nearly all blocks are flat, and lose nothing."""
    drawing = Image.new("RGB", (480, 360), (250, 240, 220))
    draw = ImageDraw.Draw(drawing)
    draw.rectangle((40, 40, 200, 150), fill=(30, 90, 200), outline="black", width=4)
    draw.ellipse((220, 120, 420, 320), fill=(240, 180, 20), outline="black", width=3)
    return np.asarray(drawing)


@pytest.mark.parametrize("quality", [None, 85, 60, 40])
def test_compressed_drawings_are_told(clean: Pixels, quality: int | None) -> None:
    for pixels, drawing in ((page(), True), (shapes(), True), (clean, False)):
        found = Picture(np.ascontiguousarray(pixels if quality is None else coded(pixels, quality)))
        assert estimate_of(found).is_compressed_drawing is (drawing and quality is not None)
    assert not estimate_of(Picture(np.full((40, 40, 3), 255, np.uint8))).is_compressed_drawing  # no patch


def letters(paper: tuple[int, int, int]) -> Pixels:
    """Large ones close together: no cell beside an edge is nearly level, however a JPEG rings."""
    page = Image.new("RGB", (320, 240), paper)
    draw = ImageDraw.Draw(page)
    for row in range(9):
        text = "Where the river turns north"[row : row + 18]
        draw.text((12, 8 + 25 * row), text, (20, 20, 30), ImageFont.load_default(22 - row))
    return np.asarray(page)


@pytest.mark.parametrize("quality", [20, 50, 80])
@pytest.mark.parametrize("paper", [(250, 250, 244), (255, 255, 255), (200, 210, 190)])
def test_pages_tell_their_table(paper: tuple[int, int, int], quality: int) -> None:
    made = letters(paper)
    assert quality_of(Picture(coded(made, quality))) == pytest.approx(quality, abs=6)
    assert quality_of(Picture(made)) > 98
    if paper != (255, 255, 255):  # clipped, which only where the grid is known does not matter
        moved = np.ascontiguousarray(coded(made, quality)[3:, 5:])
        assert quality_of(Picture(moved)) == pytest.approx(quality, abs=6)


def test_patterns_are_multiples_in_every_grid() -> None:
    y, x = np.mgrid[:256, :320]
    checks = ((y // 8 + x // 8) % 2 * 90 + 60).astype(np.uint8)
    sprite = np.random.default_rng(3).integers(0, 3, (32, 40), np.uint8).repeat(8, 0).repeat(8, 1) * 80 + 40
    for gray in (checks, sprite, checks[5:, 3:]):
        assert quality_of(Picture(np.ascontiguousarray(gray[..., None]))) > 98
    ramp = Picture((x * 255 // 319).astype(np.uint8)[..., None])
    assert tabled(patches_of(ramp)) is None


@pytest.mark.parametrize("quality", [20, 40, 60])
def test_a_photograph_with_much_sky_is_no_drawing(clean: Pixels, quality: int) -> None:
    sky = np.linspace((110, 150, 215), (215, 228, 240), 3 * len(clean) // 2)[:, None]
    photo = np.concatenate((np.broadcast_to(sky, (len(sky), clean.shape[1], 3)), clean)).astype(np.uint8)
    assert not estimate_of(Picture(coded(photo, quality))).is_compressed_drawing
    paper = np.concatenate((np.full((256, 320, 3), 250, np.uint8), page()))
    assert estimate_of(Picture(coded(paper, quality))).is_compressed_drawing


def quality_of(picture: Picture) -> float:
    found = estimate_of(picture).quality
    assert found is not None
    return found


def coded(pixels: Pixels, quality: int, format: str = "JPEG") -> Pixels:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format, quality=quality)
    return np.asarray(Image.open(out).convert(Image.fromarray(pixels).mode))


def test_it_tells_jpegs_apart(clean: Pixels) -> None:
    assert quality_of(Picture(clean)) > 98
    for wanted, off in ((95, 2), (85, 5), (70, 10), (50, 15), (30, 15)):
        assert quality_of(Picture(coded(clean, wanted))) == pytest.approx(wanted, abs=off)


@pytest.mark.parametrize("kind", ["moved", "gray", "twice"])
def test_other_jpegs(clean: Pixels, kind: str) -> None:
    if kind == "moved":  # the blocks do not begin at the corner
        pixels = coded(clean, 50)[3:, 5:]
    elif kind == "gray":
        pixels = coded(np.asarray(Image.fromarray(clean).convert("L")), 50)[..., None]
    else:
        pixels = coded(coded(clean, 50)[3:, 5:], 90)
    assert quality_of(Picture(np.ascontiguousarray(pixels))) == pytest.approx(50, abs=25)


def test_resizing_hides_it_less_than_wholly(clean: Pixels) -> None:
    large = np.asarray(Image.fromarray(clean).resize((600, 600), Image.Resampling.BICUBIC))
    small = np.asarray(Image.fromarray(coded(large, 40)).resize((450, 450), Image.Resampling.BICUBIC))
    assert quality_of(Picture(small)) < 90


def test_noise_is_no_compression(clean: Pixels) -> None:
    noise = np.random.default_rng(0).normal(0, 8, clean.shape)
    assert quality_of(Picture(np.clip(clean + noise, 0, 255).astype(np.uint8))) > 97


def test_depth_and_opaque_alpha_do_not_matter(clean: Pixels) -> None:
    pixels = coded(clean, 70)
    told = quality_of(Picture(pixels))
    deep = Picture(from_float(to_float(pixels), "uint16"))
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    assert quality_of(deep) == pytest.approx(told, abs=2)
    assert quality_of(Picture(np.ascontiguousarray(opaque))) == pytest.approx(told, abs=0.01)


def test_what_cannot_be_told(clean: Pixels) -> None:
    assert estimate_of(Picture(np.ascontiguousarray(clean[: SIDE - 1]))).quality is None
    clear = np.dstack([clean, np.zeros(clean.shape[:2], np.uint8)])
    assert estimate_of(Picture(np.ascontiguousarray(clear))).quality is None
    assert estimate_of(Picture(np.full((200, 200, 3), 128, np.uint8))).quality is None


def test_patches_are_few_and_lie_on_the_grid() -> None:
    y, x = np.mgrid[:2000, :3000]
    place = np.stack([y / 8, x / 16, y * 0], axis=-1).astype(np.float32) / 255
    patches = patches_of(Picture(place))
    assert len(patches) <= MOST_PATCHES
    assert patches.shape[1:] == (SIDE, SIDE, 3)
    begins = patches[:, 0, 0, 0] * 8
    np.testing.assert_allclose(begins % 8, 0, atol=0.01)
    assert np.ptp(begins) > 1500


def test_linear_light_does_not_hide_it(clean: Pixels) -> None:
    pixels = coded(clean, 80)
    linear = srgb_to_linear(to_float(pixels))
    found = estimate_of(Picture(linear, Metadata(icc=linear_profile(gray=False))))
    assert found == estimate_of(Picture(pixels))
