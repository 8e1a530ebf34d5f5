"""Make the README's before | after picture from the shipped example, with the tool itself.

    make readme-picture

Left: the example enlarged two times by bicubic interpolation. Right: the same part of what `unfade upscale`
made of it. Both at 100 %, nothing else done to either.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "shepherd.webp"
PICTURE = ROOT / "docs" / "images" / "readme-upscale.webp"

SCALE = 2
CORNER = (216, 4)
"""Left and top of the part shown, in pixels of the example: the rider and the horse's head."""
PANEL = 416
"""Side of each half in pixels of the result; two of them fill a README's column without being scaled."""
GAP = 8


def enlarge(source: Path, folder: Path) -> Image.Image:
    result = folder / "result.png"
    unfade = Path(sys.executable).with_name("unfade")
    subprocess.run([unfade, "upscale", source, "-o", result, "--scale", str(SCALE)], check=True)
    with Image.open(result) as picture:
        return picture.convert("RGB")


def main() -> None:
    with Image.open(EXAMPLE) as picture:
        source = picture.convert("RGB")
    width, height = source.size
    before = source.resize((width * SCALE, height * SCALE), Image.Resampling.BICUBIC)
    with tempfile.TemporaryDirectory(prefix="unfade-readme-") as folder:
        after = enlarge(EXAMPLE, Path(folder))
    left, top = (SCALE * coordinate for coordinate in CORNER)
    shown = (left, top, left + PANEL, top + PANEL)
    sheet = Image.new("RGB", (2 * PANEL + GAP, PANEL), "white")
    sheet.paste(before.crop(shown), (0, 0))
    sheet.paste(after.crop(shown), (PANEL + GAP, 0))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(PICTURE, quality=92, method=6)
    print(f"wrote {PICTURE} ({PICTURE.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
