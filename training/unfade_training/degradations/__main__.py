"""``python -m unfade_training.degradations FOLDER -o sheet.png``: a contact sheet of all degradations.

It shows what each makes of a few photographs, at 100 %, to be looked at by people.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..data.photos import as_srgb
from ..errors import TrainingError
from .ageing import Ageing
from .base import Degradation, Pixels
from .downscale import Clean, Compression, Crappify, SimpleWeb, Web
from .hints import ColourHints
from .watermark import Watermark

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
LABEL, GAP = 18, 4

# label -> what is shown. Masks and hints get rows of their own.
ROWS: Mapping[str, Degradation] = {
    "clean x2": Clean(2),
    "crappify (the lesson's)": Crappify(scale=2, shrink=2),
    "web-simple x2": SimpleWeb(2),
    "web-simple x4": SimpleWeb(4),
    "web x2": Web(2),
    "web x4": Web(4),
    "compression, JPEG quality 10": Compression(
        quality=(10, 10), double_share=0, gray_share=0, webp_share=0, subsampling={"4:2:0": 1}
    ),
    "compression, JPEG quality 70": Compression(
        quality=(70, 70), double_share=0, gray_share=0, webp_share=0, subsampling={"4:2:0": 1}
    ),
    "compression, WebP quality 20": Compression(webp_quality=(20, 20), webp_share=1, gray_share=0),
    "compression": Compression(),
    "watermark": Watermark(clean_share=0),
    "watermark, date stamps": Watermark(clean_share=0, stamp_share=1),
    "ageing": Ageing(clean_share=0),
}


def photo_files(folder: Path) -> list[Path]:
    """The pictures below a folder, sorted; TrainingError where there are none."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not files:
        raise TrainingError(f"There are no pictures in {folder}; name a folder of photographs.")
    return files


def contact_sheet(
    files: Sequence[Path], columns: int, size: int, seed: int = 0, only: str = ""
) -> Image.Image:
    """A labelled grid: one row a degradation, one column a photograph.

    Args:
        files: photographs; those at even distances are taken.
        columns: how many.
        size: side of each degraded picture in pixels; none is enlarged or shrunk for the sheet.
        seed: of all random draws.
        only: show just the rows whose label contains this.

    Raises:
        TrainingError: a picture cannot be read, or no row is called so.
    """
    rows = {label: row for label, row in _rows(size).items() if only in label}
    if not rows:
        raise TrainingError(f"No row of the sheet is called {only!r}; there are {', '.join(_rows(size))}.")
    photos = [_read(files[i * len(files) // columns]) for i in range(columns)]
    sheet = Image.new("RGB", (columns * (size + GAP) + GAP, len(rows) * (size + LABEL + GAP)), (40, 40, 40))
    draw = ImageDraw.Draw(sheet)
    for number, (label, make) in enumerate(rows.items()):
        top = number * (size + LABEL + GAP)
        draw.text((GAP, top + 2), label, fill=(230, 230, 230), font=ImageFont.load_default(13))
        for column, photo in enumerate(photos):
            # The mask's row must repeat the draws of the picture's row.
            rng = np.random.default_rng((seed, column, len(label.split(":")[0])))
            sheet.paste(Image.fromarray(make(photo, rng)), (GAP + column * (size + GAP), top + LABEL))
    return sheet


Row = Callable[[Image.Image, np.random.Generator], Pixels]


def _rows(size: int) -> dict[str, Row]:
    rows: dict[str, Row] = {"original": lambda photo, rng: _crop(photo, size)}  # noqa: ARG005
    for label, degradation in ROWS.items():
        rows[label] = _picture_row(degradation, size)
        if degradation.masks:
            rows[f"{label}: mask"] = _mask_row(degradation, size)
    rows["colour hints"] = _hint_row(ColourHints(none_share=0), size)
    return rows


def _picture_row(degradation: Degradation, size: int) -> Row:
    def row(photo: Image.Image, rng: np.random.Generator) -> Pixels:
        crop = _crop(photo, size, degradation.scale, degradation.margin)
        picture = degradation.apply(crop, rng).picture
        return picture if picture.shape[2] == 3 else np.repeat(picture, 3, axis=2)

    return row


def _mask_row(degradation: Degradation, size: int) -> Row:
    def row(photo: Image.Image, rng: np.random.Generator) -> Pixels:
        mask = degradation.apply(_crop(photo, size, degradation.scale, degradation.margin), rng).mask
        assert mask is not None
        return np.repeat(np.rint(mask * 255).astype(np.uint8)[..., None], 3, axis=2)

    return row


def _hint_row(hints: ColourHints, size: int) -> Row:
    """Hints over the gray picture; the chroma shown is YCbCr's, so that no colour science is needed here."""

    def row(photo: Image.Image, rng: np.random.Generator) -> Pixels:
        ycc = np.asarray(Image.fromarray(_crop(photo, size)).convert("YCbCr"), np.float32)
        found = hints.sample(ycc[..., 1:] - 128, rng)
        shown = np.dstack([ycc[..., 0], found[..., :2] + 128])
        return np.asarray(Image.fromarray(np.rint(shown).astype(np.uint8), "YCbCr").convert("RGB"))

    return row


def _crop(photo: Image.Image, size: int, scale: int = 1, margin: int = 0) -> Pixels:
    """The photograph's middle: what gives a picture of ``size`` pixels, or of as many as there are."""
    sides = [
        min(size, (length - 2 * margin) // scale) * scale + 2 * margin
        for length in (photo.height, photo.width)
    ]
    pixels = np.asarray(photo)
    top, left = ((length - side) // 2 for length, side in zip(pixels.shape, sides, strict=False))
    return np.ascontiguousarray(pixels[top : top + sides[0], left : left + sides[1]])


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return as_srgb(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read as a picture ({error}).") from error


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="Picture to write.")
@click.option("--columns", type=click.IntRange(1), default=6, show_default=True, help="How many photographs.")
@click.option(
    "--size", type=click.IntRange(16), default=192, show_default=True, help="Side of each picture in pixels."
)
@click.option("--seed", default=0, show_default=True, help="Of all random draws.")
@click.option("--only", default="", help="Just the rows whose label contains this.")
def main(folder: Path, output: Path, columns: int, size: int, seed: int, only: str) -> None:
    """Show what each degradation makes of a few photographs of FOLDER and its sub-folders."""
    try:
        sheet = contact_sheet(photo_files(folder), columns, size, seed, only)
    except TrainingError as error:
        sys.exit(str(error))
    try:
        sheet.save(output)
    except (OSError, ValueError) as error:  # ValueError: a suffix Pillow does not know
        sys.exit(f"{output} cannot be written: {error}.")


if __name__ == "__main__":
    main()
