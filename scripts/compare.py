"""Tell how far results are from their references, in what a score of pixels does not show.

    python scripts/compare.py weave REFERENCES RESULTS [--period 4]
    python scripts/compare.py features REFERENCES RESULTS
    python scripts/compare.py masks REFERENCES MASKS

A reference has the name of its result up to the first dot. Each prints the mean over all pictures.

weave: how much of a grid of sub-pixels there is in enlarged pictures. What repeats every ``period`` pixels of
the error (:class:`unfade_training.losses.Checkerboard`), in gray levels of 255.

features: the distance for a network that no generator was trained with. LPIPS with SqueezeNet and a feature
loss with SqueezeNet see with the same eyes: what gains there alone is no gain. These are EfficientNet-Lite0's
feature maps (ImageNet's weights), each place's features brought to length 1 as in LPIPS, with no weights of
their own. Only ratios mean something.

masks: intersection over union of what was drawn, brighter than nearly black in a reference, and of what is
brighter than the middle gray in a mask of `unfade deartifact --save-mask`; ``mask_iou`` of a training.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from unfade_training.losses import Checkerboard
from unfade_training.metrics import mask_scores
from unfade_training.networks import Encoder

SIDE = 32
"""Pixels that height and width must be a multiple of for the encoder."""

Distance = Callable[[Tensor, Tensor], float]
"""Of a result and its reference, 1 3 H W in [0, 1]."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["weave", "features", "masks"])
    parser.add_argument("references", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--period", type=int, default=4, help="of weave: the enlargement")
    arguments = parser.parse_args()
    for folder in (arguments.references, arguments.results):
        if not folder.is_dir():
            parser.error(f"there is no folder {folder}")
    make: dict[str, Callable[[], Distance]] = {
        "weave": lambda: grid(arguments.period),
        "features": features,
        "masks": lambda: agreement,
    }
    distance = make[arguments.what]()
    try:
        found = [distance(*pair) for pair in pairs(arguments.results, arguments.references)]
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if not found:
        parser.error(f"there are no pictures in {arguments.references}")
    sys.stdout.write(f"{statistics.mean(found):.4g}\n")


def pairs(results: Path, references: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Results with their references, which are cut to the result's size."""
    by_name = {path.name.split(".")[0]: path for path in results.iterdir()}
    for path in sorted(references.iterdir()):
        name = path.name.split(".")[0]
        if name not in by_name:
            raise FileNotFoundError(f"there is no result of the name {name} in {results}")
        result = pixels(by_name[name])
        reference = pixels(path)[..., : result.shape[-2], : result.shape[-1]]
        if reference.shape != result.shape:
            raise ValueError(f"{by_name[name]} is larger than {path}")
        yield result, reference


def pixels(path: Path) -> Tensor:
    """1 3 H W float32 in [0, 1]."""
    picture = np.array(Image.open(path).convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(picture).permute(2, 0, 1)[None]


def grid(period: int) -> Distance:
    pattern = Checkerboard(period, 8 * period)
    return lambda result, reference: 255 * float(pattern(result, reference))


def agreement(found: Tensor, true: Tensor) -> float:
    """Intersection over union; where nothing was drawn 1 for nothing found, else 0."""
    scores = mask_scores(255 * found, 255 * true)
    return scores.get("mask_iou", float(not scores.get("mask_false")))


def features() -> Distance:
    encoder = Encoder("efficientnet-lite0", "imagenet").eval()

    @torch.no_grad()
    def distance(result: Tensor, reference: Tensor) -> float:
        height, width = (side // SIDE * SIDE for side in result.shape[-2:])
        maps = (encoder(each[..., :height, :width]) for each in (result, reference))
        return statistics.mean(
            float((F.normalize(a) - F.normalize(b)).square().sum(1).mean())
            for a, b in zip(*maps, strict=True)
        )

    return distance


if __name__ == "__main__":
    main()
