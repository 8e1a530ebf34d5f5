"""How true chroma comes back after being made small: bilinear, or along the edges of the lightness.

    python bench/chroma_upsampling.py FOLDER           # colour photographs; the mean distance in a*b*

The chroma is reduced to the size at which a Colorize model gives it, for pictures of 8 times that size.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unfade.picture import GuidedPlanes, bilinear, lab_of_srgb

STEP = 8
RADII, DEVIATIONS = (1, 2, 3, 4), (0.01, 0.03, 0.06, 0.1)


def reduced(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = plane.shape
    mean: NDArray[np.float32] = plane.reshape(height // STEP, STEP, width // STEP, STEP).mean((1, 3))
    return mean


def main() -> None:
    errors: dict[str, list[float]] = {}
    step = (1 / STEP, 1 / STEP)
    for path in sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file()):
        rgb = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
        height, width = (side // STEP * STEP for side in rgb.shape[:2])
        light, *ab = np.moveaxis(lab_of_srgb(rgb[:height, :width]), -1, 0)
        light = light / 100
        small = np.stack([reduced(plane) for plane in ab])
        found = {"bilinear": bilinear(small, (0, 0), light.shape, step)}
        for radius, deviation in product(RADII, DEVIATIONS):
            planes = GuidedPlanes.fit(small, reduced(light), radius, deviation**2)
            found[f"guided, radius {radius}, deviation {deviation}"] = planes.enlarged(step).at(0, 0, light)
        for name, planes in found.items():
            errors.setdefault(name, []).append(float(np.hypot(*(planes - ab)).mean()))
    for name, values in sorted(errors.items(), key=lambda item: np.mean(item[1])):
        print(f"{np.mean(values):.3f}  {name}")


if __name__ == "__main__":
    main()
