"""Colorize gray pictures with hints of their true colours, to score what hints are worth.

    python scripts/hinted.py REFERENCES GRAYS OUTPUT --count 10

A hint is the mean colour of 5x5 pixels of the reference around a random point. The points come from the
file's name, so that every run has the same ones. GRAYS has pictures with the references' names; OUTPUT gets
PNG files.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import unfade

sys.path.append(str(Path(__file__).resolve().parent.parent / "bench"))
from hint_spill import HALF, true_hint


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("references", type=Path)
    parser.add_argument("grays", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--count", type=int, default=10, help="hints for each picture")
    parser.add_argument("--model", help="name or file of a colorize model")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    references = {path.stem: path for path in arguments.references.iterdir()}
    grays = sorted(arguments.grays.iterdir())
    for gray in grays:
        if gray.stem not in references:
            parser.error(f"there is no reference of the name {gray.stem} in {arguments.references}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for gray in grays:
        reference = np.asarray(Image.open(references[gray.stem]).convert("RGB"))
        hints = true_hints(reference, arguments.count, zlib.crc32(gray.stem.encode()))
        made = unfade.colorize(
            gray, hints=hints, model=arguments.model, device="cpu", threads=arguments.threads
        )
        Image.fromarray(made.pixels).save(arguments.output / f"{gray.stem}.png")


def true_hints(reference: NDArray[np.uint8], count: int, seed: int) -> list[unfade.Hint]:
    """``count`` hints at random points of an HW3 picture."""
    rng = np.random.default_rng(seed)
    height, width = reference.shape[:2]
    return [
        true_hint(reference, *(int(rng.integers(HALF, side - HALF)) for side in (width, height)))
        for _ in range(count)
    ]


if __name__ == "__main__":
    main()
