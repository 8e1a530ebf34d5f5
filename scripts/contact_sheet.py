"""Make the before | after | truth sheet of a model from good photographs.

    python scripts/contact_sheet.py upscale PHOTO... -o SHEET.webp --scale 4 --model upscale-x4-gan --jpeg 60
    python scripts/contact_sheet.py deartifact PHOTO... -o SHEET.webp
    python scripts/contact_sheet.py colorize PHOTO... -o SHEET.webp --panel 384

upscale: brought down by bicubic interpolation, with --jpeg saved as JPEG of that quality, and enlarged again
by bicubic interpolation (left) and by the model. deartifact: saved as JPEG of quality 12 or, with --marked,
every second one with a text across it at quality 85. colorize: turned gray; with --no-truth for photographs
that have no colours. The middle of each is shown at 100 %, the truth on the right.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import unfade

GAP = 4
Pair = tuple[Image.Image, Image.Image]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", choices=["upscale", "deartifact", "colorize"])
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model")
    parser.add_argument("--scale", type=int, default=2, help="of upscale")
    parser.add_argument("--jpeg", type=int, help="quality of the small pictures of upscale")
    parser.add_argument("--panel", type=int, default=256, help="side of each part shown, in pixels")
    parser.add_argument("--marked", action="store_true", help="a text across every second picture")
    parser.add_argument("--no-truth", action="store_true", help="show two columns only")
    arguments = parser.parse_args()
    make: dict[str, Callable[[Image.Image, int], Pair]] = {
        "upscale": lambda truth, _: enlarge(truth, arguments.scale, arguments.model, arguments.jpeg),
        "deartifact": lambda truth, row: clean(truth, arguments.marked and row % 2 == 1, arguments.model),
        "colorize": lambda truth, _: colour(truth, arguments.model),
    }
    panel, columns = arguments.panel, 2 if arguments.no_truth else 3
    step = panel + GAP
    sheet = Image.new("RGB", (columns * step - GAP, len(arguments.photos) * step - GAP), "white")
    for row, path in enumerate(arguments.photos):
        truth = open_photo(path, arguments.scale if arguments.filter == "upscale" else 1)
        shown = [*make[arguments.filter](truth, row), truth][:columns]
        for column, picture in enumerate(shown):
            left, top = (picture.width - panel) // 2, (picture.height - panel) // 2
            sheet.paste(picture.crop((left, top, left + panel, top + panel)), (column * step, row * step))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(arguments.output, quality=90, method=6)
    print(f"wrote {arguments.output} ({arguments.output.stat().st_size / 1000:.0f} kB)")


def open_photo(path: Path, multiple: int) -> Image.Image:
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    return whole.crop((0, 0, whole.width // multiple * multiple, whole.height // multiple * multiple))


def enlarge(truth: Image.Image, scale: int, model: str | None, quality: int | None) -> Pair:
    small = truth.resize((truth.width // scale, truth.height // scale), Image.Resampling.BICUBIC)
    if quality is not None:
        small = as_jpeg(small, quality)
    restored = unfade.upscale(np.asarray(small), scale=scale, model=model, device="cpu")
    return small.resize(truth.size, Image.Resampling.BICUBIC), Image.fromarray(restored.pixels)


def clean(truth: Image.Image, marked: bool, model: str | None) -> Pair:
    picture = watermarked(truth) if marked else truth
    before = as_jpeg(picture, 85 if marked else 12)
    cleaned = unfade.deartifact(np.asarray(before), watermark=marked, model=model, device="cpu")
    return before, Image.fromarray(cleaned.pixels)


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def watermarked(truth: Image.Image) -> Image.Image:
    stencil = Image.new("L", truth.size)
    font = ImageFont.load_default(truth.height // 10)
    ImageDraw.Draw(stencil).text(
        (truth.width / 2, truth.height / 2), "© SAMPLE", fill=150, font=font, anchor="mm"
    )
    white = Image.new("RGB", truth.size, "white")
    return Image.composite(white, truth, stencil.rotate(20, Image.Resampling.BICUBIC))


def colour(truth: Image.Image, model: str | None) -> Pair:
    gray = truth.convert("L")
    restored = unfade.colorize(np.asarray(gray), model=model, device="cpu")
    return gray.convert("RGB"), Image.fromarray(restored.pixels)


if __name__ == "__main__":
    main()
