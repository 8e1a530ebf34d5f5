"""How far one colour hint reaches beyond the object that was clicked.

    python bench/score.py make colorize --refs REFERENCES --out GRAYS
    python bench/hint_spill.py REFERENCES GRAYS

hint_objects.json tells, for 20 photographs of CID22's validation set (512x512), the outline of an object of
one colour, or nearly, and a point on it; outlines were drawn by eye. The hint is the mean colour of 5x5
pixels of the reference around that point. Printed is how much the hint changes: the mean CIEDE2000 between
the results without and with it inside the outlines, outside them, and the latter as a share of the former. A
band of 4 pixels on each side of the outlines does not count.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from protocols import ProtocolError, pictures, read_image
from skimage import color

import unfade

OBJECTS = Path(__file__).with_name("hint_objects.json")
HALF = 2  # pixels each way around a hint's point
BAND = 4  # pixels each way from an outline, where chroma is brought up from a smaller size


@dataclass(frozen=True)
class Spill:
    """How much a hint changes, mean CIEDE2000."""

    inside: float
    outside: float

    @property
    def share(self) -> float:
        return self.outside / self.inside if self.inside else float("inf")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("references", type=Path)
    parser.add_argument("grays", type=Path)
    parser.add_argument("--model", help="name or file of a colorize model")
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    try:
        report(arguments.references, arguments.grays, arguments.model, arguments.threads)
    except ProtocolError as error:
        sys.exit(f"hint_spill.py: {error}")


def report(references: Path, grays: Path, model: str | None, threads: int | None) -> None:
    """Prints a line a picture, then means and medians.

    Raises:
        ProtocolError: a picture is missing or cannot be read.
    """
    by_name = {folder: {path.stem: path for path in pictures(folder)} for folder in (references, grays)}
    objects = json.loads(OBJECTS.read_text("utf-8"))
    for folder, paths in by_name.items():
        if missing := objects.keys() - paths.keys():
            raise ProtocolError(f"There is no picture {min(missing)} in {folder}.")
    print(f"{'picture':<10}{'object':<40}{'inside':>8}{'outside':>9}{'share':>8}")
    spills = []
    for name, found in objects.items():
        reference = np.asarray(read_image(by_name[references][name]).convert("RGB"))
        plain, hinted = (
            unfade.colorize(
                by_name[grays][name], hints=hints, model=model, device="cpu", threads=threads
            ).pixels
            for hints in ([], [true_hint(reference, *found["point"])])
        )
        spill = spill_of(plain, hinted, found["polygons"])
        print(line(name, found["object"], spill), flush=True)
        spills.append(spill)
    whole = Spill(mean(spill.inside for spill in spills), mean(spill.outside for spill in spills))
    print(line("mean", "share of the means", whole))
    print(f"{'median':<10}{'of the shares':<57}{median(spill.share for spill in spills):>8.3f}")


def true_hint(reference: NDArray[np.uint8], x: int, y: int) -> unfade.Hint:
    """The colour around a pixel of an HW3 picture, there, as someone would know it who was there."""
    around = reference[y - HALF : y + HALF + 1, x - HALF : x + HALF + 1].reshape(-1, 3)
    red, green, blue = np.rint(around.mean(axis=0)).astype(int)
    return unfade.Hint(x + 0.5, y + 0.5, f"#{red:02x}{green:02x}{blue:02x}")


def spill_of(plain: NDArray[Any], hinted: NDArray[Any], polygons: list[list[list[int]]]) -> Spill:
    inside, outside = masks(polygons, (plain.shape[1], plain.shape[0]))
    difference = color.deltaE_ciede2000(color.rgb2lab(plain), color.rgb2lab(hinted))  # type: ignore[no-untyped-call]
    return Spill(float(difference[inside].mean()), float(difference[outside].mean()))


def masks(
    polygons: list[list[list[int]]], size: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What is well inside any of the polygons, and well outside all of them, in a picture of that size."""
    drawn = Image.new("L", size)
    for polygon in polygons:
        ImageDraw.Draw(drawn).polygon([(x, y) for x, y in polygon], fill=255)
    inside, outside = (
        np.asarray(each.filter(ImageFilter.MinFilter(2 * BAND + 1))) > 0
        for each in (drawn, ImageChops.invert(drawn))
    )
    return inside, outside


def line(name: str, what: str, spill: Spill) -> str:
    return f"{name:<10}{what:<40}{spill.inside:>8.2f}{spill.outside:>9.2f}{spill.share:>8.3f}"


if __name__ == "__main__":
    main()
