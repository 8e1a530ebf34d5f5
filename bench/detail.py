"""Which `detail` of Upscale is best for pictures of every quality, and how near to it the automatic one is.

    python bench/detail.py --refs FOLDER --scale 2 --lpips LPIPS [--cut 256] [--most 16] [--chain]
    python bench/detail.py --refs FOLDER --scale 2 --lpips LPIPS --cleaning 0 .2 .35 .5

Each reference is cut to its middle, brought down, put into one condition after the other
(bench/conditions.py) and enlarged: by both models, whose results are blended for the details in between, by
`detail` left out, and with --chain by De-artifact and then both models. With --cleaning they are enlarged
instead with the detail that suits each, after De-artifact of those strengths. One row for each condition and
setting: LPIPS and psnr_y, means over all references; of what is left out also the mean detail and the
regrets, how much worse it is than the fixed setting with the least LPIPS - psnr_y / 60 dB at that condition
(negative where it is better).
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from conditions import CONDITIONS
from numpy.typing import NDArray
from PIL import Image
from protocols import luma, pictures, read_image
from score import open_lpips, psnr

import unfade
from unfade.filters.quality import estimate_of
from unfade.filters.upscale import best_detail
from unfade.picture import Picture

DETAILS = (0.0, 0.25, 0.5, 0.75, 1.0)
AUTO = "left out"
DECIBELS = 60.0
"""So many of psnr_y count as much as 1 of LPIPS."""
Pixels = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--refs", type=Path, required=True, nargs="+")
    parser.add_argument("--scale", type=int, choices=(2, 4), required=True)
    parser.add_argument("--lpips", required=True)
    parser.add_argument("--cut", type=int, default=256, help="side of what is taken of each reference")
    parser.add_argument("--most", type=int, default=16, help="references of each folder, evenly chosen")
    parser.add_argument("--chain", action="store_true")
    parser.add_argument("--cleaning", type=float, nargs="+", metavar="STRENGTH")
    parser.add_argument("--only", nargs="*", choices=list(CONDITIONS), default=list(CONDITIONS))
    arguments = parser.parse_args()
    distance = open_lpips(arguments.lpips)
    paths = [path for folder in arguments.refs for path in evenly(pictures(folder), arguments.most)]
    scale, cut = arguments.scale, arguments.cut
    for name in arguments.only:
        rows: dict[str, list[tuple[float, float]]] = {}
        details: list[float] = []
        for path in paths:
            truth = middle(read_image(path).convert("RGB"), cut)
            small = truth.resize((truth.width // scale, truth.height // scale), Image.Resampling.BICUBIC)
            rng = random.Random(hashlib.sha256(f"{path.stem} {name}".encode()).hexdigest())
            source = np.asarray(CONDITIONS[name](small, rng))
            details.append(best_detail(estimate_of(Picture(source)), scale))
            if arguments.cleaning:
                found = cleaned_first(source, scale, details[-1], arguments.cleaning)
            else:
                found = settings(source, scale, chain=arguments.chain)
            for setting, result in found:
                inner = np.s_[scale:-scale, scale:-scale]
                reference = np.asarray(truth)
                scores = (distance(reference, result), psnr(luma(reference)[inner], luma(result)[inner]))
                rows.setdefault(setting, []).append(scores)
        means = {setting: np.mean(found, axis=0) for setting, found in rows.items()}
        fixed = [setting for setting in means if setting != AUTO]
        best = min(fixed, key=lambda setting: means[setting][0] - means[setting][1] / DECIBELS)
        for setting, (lpips, decibels) in means.items():
            row = f"{name:9s} {setting:12s} lpips {lpips:.4f} psnr_y {decibels:.2f}"
            if setting == AUTO:
                worse, less = lpips - means[best][0], means[best][1] - decibels
                row += f" regret {worse:+.4f} {less:+.2f} dB against {best}, detail {np.mean(details):.2f}"
            print(row, flush=True)


def settings(source: Pixels, scale: int, *, chain: bool) -> list[tuple[str, Pixels]]:
    """What each setting makes of a picture, by its name."""
    found = blends(source, scale, {f"detail {detail:g}": detail for detail in DETAILS})
    found.append((AUTO, unfade.upscale(source, scale, device="cpu", threads=1).pixels))
    if chain:
        cleaned = unfade.deartifact(source, device="cpu", threads=1).pixels
        found += blends(cleaned, scale, {f"chain {detail:g}": detail for detail in DETAILS})
    return found


def cleaned_first(
    source: Pixels, scale: int, detail: float, strengths: Sequence[float]
) -> list[tuple[str, Pixels]]:
    found = []
    for strength in strengths:
        cleaned = unfade.deartifact(source, strength=strength, device="cpu", threads=1)
        large = unfade.upscale(cleaned, scale, detail=detail, device="cpu", threads=1)
        found.append((f"cleaning {strength:g}", large.pixels))
    return found


def blends(source: Pixels, scale: int, details: dict[str, float]) -> list[tuple[str, Pixels]]:
    ends = [
        unfade.upscale(source, scale, detail=detail, device="cpu", threads=1).pixels.astype(np.float32)
        for detail in (0.0, 1.0)
    ]
    return [
        (name, np.rint(ends[0] * (1 - detail) + ends[1] * detail).astype(np.uint8))
        for name, detail in details.items()
    ]


def middle(image: Image.Image, side: int) -> Image.Image:
    left, top = max(image.width - side, 0) // 2, max(image.height - side, 0) // 2
    width, height = min(image.width, side), min(image.height, side)
    return image.crop((left, top, left + width // 4 * 4, top + height // 4 * 4))


def evenly(paths: list[Path], most: int) -> list[Path]:
    return paths[:: max(1, len(paths) // most)][:most]


if __name__ == "__main__":
    main()
