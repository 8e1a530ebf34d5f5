"""Drawings as pictures, for training and for measuring: clip art in vectors, rendered, and pages of text.

    python scripts/drawings.py /usr/share/openclipart/svg -o FOLDER [--held-out] [--scenes 900] [--pages 250]

Writes PNG into FOLDER/clipart and FOLDER/pages. Debian's package openclipart-svg (public domain) has the clip
art, librsvg2-bin the program that renders it. Its folders of HELD_OUT are never trained on: ``--held-out``
draws from them alone, and pages of other words and seeds.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training"))

from unfade_training.degradations.base import chance, choose, integer, log_uniform, uniform
from unfade_training.degradations.marks import can_write, font_files, load_font

HELD_OUT = ("animals", "people", "transportation")
MOST_OF_A_FOLDER = 300
"""Two folders have most of the drawings: flags and icons."""
SCENE = 768
WORDS = (
    "light paper the of and window river quickly seven north Garden STATION over tax Monday engine small "
    "version table 1,024 3.14 42% (see note) harbour red blue file Edit View Help Save street mother wrote "
    "long after rain began, then stopped. Why? Total: 1998 2007 page kilometres a an in is it was for with"
)
WORDS_HELD_OUT = (
    "silver train morning letter from Lisbon; Budget 2024 =SUM(B2:B9) Chapter VII ocean birds travel north "
    "winter & summer sale 50% OFF ticket no. 7781 login password cancel OK bright valley stone bridge music"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("svg", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--scenes", type=int, default=900)
    parser.add_argument("--pages", type=int, default=250)
    args = parser.parse_args()
    if shutil.which("rsvg-convert") is None:
        sys.exit("rsvg-convert is not installed; Debian has it in librsvg2-bin.")
    if not args.svg.is_dir():
        sys.exit(f"There is no folder {args.svg}; it is Debian's openclipart/svg.")
    folders = [each for each in sorted(args.svg.iterdir()) if each.is_dir()]
    files = [
        path for each in folders if (each.name in HELD_OUT) == args.held_out for path in spread_over(each)
    ]
    if not files:
        sys.exit(f"{args.svg} has no folder of drawings to take; it is Debian's openclipart/svg.")
    rng = np.random.default_rng(7 if args.held_out else 3)
    clipart, pages = args.output / "clipart", args.output / "pages"
    for folder in (clipart, pages):
        folder.mkdir(parents=True, exist_ok=True)
    drawings = rendered(files, rng, 2 * args.scenes)
    for number in range(args.scenes):
        scene(drawings, rng).save(clipart / f"{number:04}.png")
    faces = [path for path in font_files() if can_write(path, "Ag7%")]
    words = (WORDS_HELD_OUT if args.held_out else WORDS).split()
    for number in range(args.pages):
        page(rng, words, faces).save(pages / f"{number:04}.png")


def spread_over(folder: Path) -> list[Path]:
    """The drawings below a folder, or about :data:`MOST_OF_A_FOLDER` of them."""
    files = sorted(folder.rglob("*.svg"))
    return files[:: max(1, len(files) // MOST_OF_A_FOLDER)]


def rendered(files: list[Path], rng: np.random.Generator, count: int) -> list[Image.Image]:
    """RGBA drawings, each at a size of its own."""
    images: list[Image.Image] = []
    for place in rng.permutation(len(files)):
        side = str(round(log_uniform(rng, (120, SCENE))))
        command = [
            "rsvg-convert",
            "--keep-aspect-ratio",
            "--width",
            side,
            "--height",
            side,
            str(files[place]),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=5, check=True)
            image = Image.open(BytesIO(done.stdout)).convert("RGBA")
        except (subprocess.SubprocessError, OSError):  # some use what the program does not know
            continue
        if min(image.size) >= 24 and image.getbbox():
            images.append(image)
        if len(images) == count:
            break
    return images


def scene(drawings: list[Image.Image], rng: np.random.Generator) -> Image.Image:
    """One large drawing, or several over each other, on white or on a colour."""
    white = chance(rng, 0.55)
    back = (255, 255, 255) if white else tuple(int(v) for v in rng.integers(0, 256, 3))
    canvas = Image.new("RGBA", (SCENE, SCENE), (*back, 255))
    covered = 0.0
    for _ in range(integer(rng, (3, 14))):
        drawing = choose(rng, drawings)
        if chance(rng, 0.3):
            drawing = drawing.rotate(uniform(rng, (-30, 30)), Image.Resampling.BICUBIC, expand=True)
        where = [int(rng.integers(-side // 4, max(1, SCENE - side * 3 // 4))) for side in drawing.size]
        canvas.alpha_composite(drawing, (max(0, where[0]), max(0, where[1])))
        covered += drawing.width * drawing.height / SCENE**2
        if covered > 1.6:
            break
    image = canvas.convert("RGB")
    return image.convert("L").convert("RGB") if chance(rng, 0.12) else image


def page(rng: np.random.Generator, words: list[str], faces: list[str]) -> Image.Image:
    """A page, a slide or a window: headings, paragraphs, tables, buttons and bars, in flat colours."""
    width, height = choose(rng, ((640, 768), (768, 512), (768, 768)))
    dark = chance(rng, 0.25)
    back = (255, 255, 255) if chance(rng, 0.6) else tuple(int(v) for v in rng.integers(215, 256, 3))
    ink = (0, 0, 0) if chance(rng, 0.6) else tuple(int(v) for v in rng.integers(0, 90, 3))
    if dark:
        back, ink = ink, back
    accent = tuple(int(v) for v in rng.integers(0, 256, 3))
    image = Image.new("RGB", (width, height), back)
    draw = ImageDraw.Draw(image)
    body = load_font(choose(rng, faces), integer(rng, (9, 22)))
    head = load_font(choose(rng, faces), integer(rng, (24, 64)))
    left, y = integer(rng, (8, 48)), integer(rng, (8, 40))

    def line(font_words: int) -> str:
        return " ".join(choose(rng, words) for _ in range(font_words))

    while y < height - 20:
        what = choose(rng, ("head", "text", "text", "text", "table", "bars", "buttons"))
        if what == "head":
            draw.text((left, y), line(3), fill=accent if chance(rng, 0.4) else ink, font=head)
            y += int(head.size * 1.5)
        elif what == "text":
            for _ in range(integer(rng, (2, 9))):
                draw.text((left, y), line(14), fill=ink, font=body)
                y += round(body.size * 1.35)
        elif what == "table":
            cells, step = integer(rng, (2, 6)), round(body.size * 1.7)
            rows, wide = integer(rng, (2, 6)), (width - 2 * left) // cells
            for row in range(rows + 1):
                draw.line((left, y + row * step, left + cells * wide, y + row * step), fill=ink)
            for cell in range(cells + 1):
                draw.line((left + cell * wide, y, left + cell * wide, y + rows * step), fill=ink)
            for row in range(rows):
                for cell in range(cells):
                    draw.text((left + cell * wide + 4, y + row * step + 2), line(1), fill=ink, font=body)
            y += (rows + 1) * step
        elif what == "bars":
            tall = integer(rng, (40, 140))
            for bar in range(integer(rng, (3, 12))):
                colour = tuple(int(v) for v in rng.integers(0, 256, 3))
                top = y + round(tall * uniform(rng, (0, 0.9)))
                draw.rectangle(
                    (left + bar * 40, top, left + bar * 40 + 28, y + tall), fill=colour, outline=ink
                )
            y += tall + 12
        else:
            x = left
            for _ in range(integer(rng, (1, 5))):
                text = line(1)
                wide = round(draw.textlength(text, font=body)) + 20
                draw.rounded_rectangle((x, y, x + wide, y + body.size * 2), 5, fill=accent, outline=ink)
                draw.text((x + 10, y + body.size // 2), text, fill=back, font=body)
                x += wide + 12
            y += int(body.size * 2.5)
        y += integer(rng, (4, 24))
    return image


if __name__ == "__main__":
    main()
