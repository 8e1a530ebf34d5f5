"""Content-aware fill against OpenCV's (Telea 2004), on brush strokes across photographs.

    pip install opencv-python-headless
    python bench/inpaint.py cid22-val --lpips LPIPS [--out PAIRS]

Each photograph gets four holes, one after the other, round and bent as a brush paints them, 10, 20, 40 and
80 pixels wide. LPIPS (bench/score.py --help says what LPIPS names) is that of the hole and its surroundings,
half the hole's width and 32 pixels at least. --out saves hole | OpenCV | unfade | truth side by side.
"""

from __future__ import annotations

import argparse
import time
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from protocols import pictures, read_image
from score import open_lpips

from unfade.filters.strokes import Stroke, make_patches
from unfade.picture import Picture

WIDTHS = (10, 20, 40, 80)


def stroke(random: np.random.Generator, width: int, shape: tuple[int, int]) -> Stroke:
    """A bent line of up to twice its width, inside the picture."""
    angle, length = random.uniform(0, 2 * np.pi), random.uniform(0, 2) * width
    middle = [random.uniform(min(2 * width, side / 2), max(side - 2 * width, side / 2)) for side in shape]
    along = np.linspace(-0.5, 0.5, 9)
    across = middle[1] + along * length * np.cos(angle + along)
    down = middle[0] + along * length * np.sin(angle + along)
    return Stroke("add", width / 2, tuple(zip(across.tolist(), down.tolist(), strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--lpips", required=True, metavar="FILE")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    lpips = open_lpips(arguments.lpips)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
    print("width  LPIPS: OpenCV  unfade  ratio   seconds a hole")
    rows = {width: [] for width in WIDTHS}
    for index, path in enumerate(pictures(arguments.photographs)):
        truth = np.asarray(read_image(path))
        for width in WIDTHS:
            painted = stroke(np.random.default_rng([index, width]), width, truth.shape[:2])
            begun = time.perf_counter()
            (patch,) = make_patches(Picture(truth), [painted])
            seconds = time.perf_counter() - begun
            hole = np.zeros(truth.shape[:2], bool)
            at = np.s_[patch.bounds.y : patch.bounds.bottom, patch.bounds.x : patch.bounds.right]
            hole[at] = patch.replaced
            ours = truth.copy()
            ours[at][patch.replaced] = patch.colour[patch.replaced]
            peer = cv2.inpaint(truth, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA)
            around = surroundings(hole, max(32, width // 2))
            rows[width].append(
                (lpips(truth[around], peer[around]), lpips(truth[around], ours[around]), seconds)
            )
            if arguments.out:
                shown = np.where(hole[..., None], np.uint8(255), truth)
                beside = np.concatenate([each[around] for each in (shown, peer, ours, truth)], 1)
                Image.fromarray(beside).save(arguments.out / f"{path.stem}-{width}.png")
    for width, of_width in [*rows.items(), ("all", list(chain(*rows.values())))]:
        peer, ours, seconds = np.mean(of_width, 0)
        print(f"{width:>5}         {peer:.4f}  {ours:.4f}  {ours / peer:.3f}   {seconds:.2f}")


def surroundings(hole: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """The smallest rectangle around the hole, and so much more at each side."""
    down, across = np.nonzero(hole)
    return (
        slice(max(0, down.min() - margin), down.max() + margin + 1),
        slice(max(0, across.min() - margin), across.max() + margin + 1),
    )


if __name__ == "__main__":
    main()
