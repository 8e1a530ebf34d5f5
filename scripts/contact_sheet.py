"""Make the before | after | truth sheet of an upscaling model from photographs larger than they need be.

    python scripts/contact_sheet.py PHOTO... -o docs/images/upscale-x2-sheet.webp --model upscale-x2

Each photograph is brought down by bicubic interpolation and enlarged again, by bicubic interpolation (left)
and by the model (middle); its middle is shown at 100 %, beside the truth (right).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import unfade

GAP = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model")
    parser.add_argument("--scale", type=int, default=2)
    parser.add_argument("--panel", type=int, default=256, help="side of each part shown, in pixels")
    arguments = parser.parse_args()
    panel = arguments.panel
    step = panel + GAP
    sheet = Image.new("RGB", (3 * step - GAP, len(arguments.photos) * step - GAP), "white")
    for row, path in enumerate(arguments.photos):
        for column, picture in enumerate(row_of(path, arguments.scale, arguments.model)):
            left, top = (picture.width - panel) // 2, (picture.height - panel) // 2
            part = picture.crop((left, top, left + panel, top + panel))
            sheet.paste(part, (column * step, row * step))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(arguments.output, quality=90, method=6)
    print(f"wrote {arguments.output} ({arguments.output.stat().st_size / 1000:.0f} kB)")


def row_of(path: Path, scale: int, model: str | None) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Bicubic enlargement, the model's, and the truth, all of one size."""
    with Image.open(path) as opened:
        whole = opened.convert("RGB")
    width, height = whole.width // scale, whole.height // scale
    truth = whole.crop((0, 0, width * scale, height * scale))
    small = truth.resize((width, height), Image.Resampling.BICUBIC)
    restored = unfade.upscale(np.asarray(small), scale=scale, model=model, device="cpu")
    return small.resize(truth.size, Image.Resampling.BICUBIC), Image.fromarray(restored.pixels), truth


if __name__ == "__main__":
    main()
