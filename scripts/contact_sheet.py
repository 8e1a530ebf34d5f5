"""Make the before | after | truth sheet of a model from good photographs.

    python scripts/contact_sheet.py upscale PHOTO... -o SHEET.webp --scale 4 --model upscale-x4-gan --jpeg 60
    python scripts/contact_sheet.py deartifact PHOTO... -o SHEET.webp
    python scripts/contact_sheet.py colorize PHOTO... -o SHEET.webp --panel 384
    python scripts/contact_sheet.py repair PHOTO... -o SHEET.webp --damage SHAPES
    python scripts/contact_sheet.py restore PHOTO... -o SHEET.webp --as-it-is

upscale: brought down by bicubic interpolation, with --jpeg saved as JPEG of that quality, and enlarged again
by bicubic interpolation (left) and by the model. deartifact: saved as JPEG of quality 12 or, with --marked,
every second one with a text across it at quality 85. colorize: turned gray. repair, denoise, revive: as
bench/score.py damages, grains and fades them. With --as-it-is nothing is done to the photographs, which are
shown as they are and as they become. The middle of each is shown at 100 %, the truth on the right.
"""

from __future__ import annotations

import argparse
import functools
import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import unfade

sys.path.append(str(Path(__file__).resolve().parent.parent / "bench"))
from protocols import ProtocolError, Task, read_image, tasks

GAP = 4
TASKS = {"repair": "repair", "denoise": "grain", "revive": "fade"}
Pair = tuple[Image.Image, Image.Image]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", choices=["upscale", "deartifact", "colorize", *TASKS, "restore"])
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--model")
    parser.add_argument("--scale", type=int, default=2, help="of upscale")
    parser.add_argument("--jpeg", type=int, help="quality of the small pictures of upscale")
    parser.add_argument("--panel", type=int, default=256, help="side of each part shown, in pixels")
    parser.add_argument("--marked", action="store_true", help="a text across every second picture")
    parser.add_argument("--damage", type=Path, help="of repair: the folder of shapes of bench/score.py")
    parser.add_argument("--as-it-is", action="store_true", help="old photographs: before and after alone")
    arguments = parser.parse_args()
    if arguments.filter == "restore" and not arguments.as_it_is:
        parser.error("restore is shown on old photographs alone: give --as-it-is")
    filtered = functools.partial(run, arguments.filter, arguments.model)
    make: dict[str, Callable[[Image.Image, int], Pair]] = {
        "upscale": lambda truth, _: enlarge(truth, arguments.scale, arguments.model, arguments.jpeg),
        "deartifact": lambda truth, row: clean(truth, arguments.marked and row % 2 == 1, arguments.model),
        "colorize": lambda truth, _: filtered(truth.convert("L")),
    }
    if arguments.filter in TASKS:
        task = tasks(arguments.damage)[TASKS[arguments.filter]]
        stems = [path.stem for path in arguments.photos]
        make[arguments.filter] = lambda truth, row: filtered(degraded(truth, task, stems[row]))
    if arguments.as_it_is:
        make[arguments.filter] = lambda truth, _: filtered(truth)
    panel, columns = arguments.panel, 2 if arguments.as_it_is else 3
    step = panel + GAP
    sheet = Image.new("RGB", (columns * step - GAP, len(arguments.photos) * step - GAP), "white")
    try:
        for row, path in enumerate(arguments.photos):
            truth = open_photo(path, arguments.scale if arguments.filter == "upscale" else 1)
            shown = [*make[arguments.filter](truth, row), truth][:columns]
            for column, picture in enumerate(shown):
                left, top = (picture.width - panel) // 2, (picture.height - panel) // 2
                sheet.paste(picture.crop((left, top, left + panel, top + panel)), (column * step, row * step))
    except (ProtocolError, unfade.UnfadeError) as error:
        parser.error(str(error))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(arguments.output, quality=90, method=6)
    print(f"wrote {arguments.output} ({arguments.output.stat().st_size / 1000:.0f} kB)")


def open_photo(path: Path, multiple: int) -> Image.Image:
    whole = read_image(path).convert("RGB")
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


def degraded(truth: Image.Image, task: Task, stem: str) -> Image.Image:
    return Image.open(io.BytesIO(task.degrade(truth, task.generator(stem)).data)).convert("RGB")


def run(filter: str, model: str | None, before: Image.Image) -> Pair:
    options = {} if model is None else {"model": model}
    after = getattr(unfade, filter)(np.asarray(before), device="cpu", **options)
    return before.convert("RGB"), Image.fromarray(after.pixels).convert("RGB")


if __name__ == "__main__":
    main()
