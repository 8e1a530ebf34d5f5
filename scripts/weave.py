"""Tell how much of a grid of sub-pixels there is in enlarged pictures.

    python scripts/weave.py REFERENCES RESULTS [--period 4]

What repeats every ``period`` pixels of the error (:class:`unfade_training.losses.weave.Weave`), in gray
levels of 255, the mean over all pictures. A reference has the name of its result; their suffixes may differ.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from unfade_training.losses.weave import Weave


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("references", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--period", type=int, default=4, help="the enlargement")
    arguments = parser.parse_args()
    for folder in (arguments.references, arguments.results):
        if not folder.is_dir():
            parser.error(f"there is no folder {folder}")
    weave = Weave(arguments.period, 8 * arguments.period)
    results = {path.stem: path for path in arguments.results.iterdir()}
    found = []
    for path in sorted(arguments.references.iterdir()):
        if path.stem not in results:
            parser.error(f"there is no result of the name {path.stem} in {arguments.results}")
        result = pixels(results[path.stem])
        reference = pixels(path)[..., : result.shape[-2], : result.shape[-1]]
        found.append(float(weave(result, reference)))
    sys.stdout.write(f"{statistics.mean(found):.2f}\n")


def pixels(path: Path) -> torch.Tensor:
    """1 3 H W float32, 0 to 255."""
    picture = np.array(Image.open(path).convert("RGB"), dtype=np.float32)
    return torch.from_numpy(picture).permute(2, 0, 1)[None]


if __name__ == "__main__":
    main()
