"""Large damage: in which photographs Repair finds blots, torn corners or stains; damaged ones as large scans.

python bench/large_damage.py find PHOTOGRAPHS         # which, and what share of each they cover
python bench/large_damage.py resize IN OUT FACTOR     # bicubically, or by the mean of what becomes a pixel
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image
from protocols import pictures

from unfade.filters.repair import RepairOptions, open_repair
from unfade.filters.runner import Earlier, Memo, all_of, size_of
from unfade.filters.strokes import paint
from unfade.inference import Device, Engine
from unfade.picture import read_picture


def find(folder: Path) -> None:
    repairer = open_repair(RepairOptions(), Engine(Device.CPU))
    having = 0
    paths = pictures(folder)
    for path in paths:
        picture = read_picture(path)
        ready = repairer.for_picture(picture, Memo(), Earlier(size_of(picture)))
        painted = paint(ready.strokes, all_of(size_of(picture)))
        filled = 0.0 if painted is None else float(painted.add.mean())
        stained = 0.0 if ready.stains.planes is None else float((ready.stains.planes[0] > 0).mean())
        if filled or stained:
            having += 1
            print(f"{path}: {100 * filled:.2f} % filled, {100 * stained:.2f} % under stains")
    print(f"{having} of {len(paths)} photographs")


def resize(source: Path, target: Path, factor: float) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in pictures(source):
        image = Image.open(path).convert("RGB")
        size = (round(image.width * factor), round(image.height * factor))
        kernel = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX
        image.resize(size, kernel).save(target / f"{path.stem}.png")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("find").add_argument("folder", type=Path)
    resizing = commands.add_parser("resize")
    resizing.add_argument("source", type=Path)
    resizing.add_argument("target", type=Path)
    resizing.add_argument("factor", type=float)
    arguments = parser.parse_args()
    if arguments.command == "find":
        find(arguments.folder)
    else:
        resize(arguments.source, arguments.target, arguments.factor)


if __name__ == "__main__":
    main()
