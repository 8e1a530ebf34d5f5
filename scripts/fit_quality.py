"""Fit the estimate of a picture's quality (plugin/unfade/filters/quality.py) to photographs.

    python scripts/fit_quality.py PHOTOGRAPHS -o plugin/unfade/filters/quality.npz [--without FOLDER]

Each photograph is brought to some sharpness, cut, and left alone, compressed as JPEG or WebP, resized after
it, or made noisy, before that or only that; its patches' statistics are fitted to how coarse the quantisation
was, the uncertain ones with less weight (Gaussian likelihood with a variance of its own for each patch). A
tenth of the cuts is held out.
"""

from __future__ import annotations

import argparse
import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from unfade.filters.quality import FINEST, SIDE, Floats, coarseness_of, patches_of, statistics
from unfade.picture import Picture

CUT = 3 * SIDE
HIDDEN = 48
WEBP_FINER = 0.3  # a WebP of quality 70 is about as good as a JPEG of 79
_DOWN = (
    Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS, Image.Resampling.BOX,
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("photographs", type=Path, help="searched with all folders inside")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=900)
    parser.add_argument("--without", type=Path, help="a folder of pictures that are left out, by their names")
    parser.add_argument("--data", type=Path, help="where statistics are kept; read where it is there")
    arguments = parser.parse_args()
    if arguments.data and arguments.data.exists():
        with np.load(arguments.data) as kept:
            rows, wanted, group = kept["rows"], kept["wanted"], kept["group"]
    else:
        left_out = {path.stem for path in arguments.without.iterdir()} if arguments.without else set()
        paths = sorted(
            path
            for path in arguments.photographs.rglob("*")
            if path.suffix in (".webp", ".jpg", ".png") and path.stem not in left_out
        )
        rows, wanted, group = gather(paths, arguments.pictures)
        if arguments.data:
            np.savez(arguments.data, rows=rows, wanted=wanted, group=group)
    weights: dict[str, Any] = fit(rows, wanted, group)
    np.savez(arguments.output, **weights)


def gather(paths: list[Path], pictures: int) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Statistics, logarithms of the coarseness, and from which cut each patch is."""
    rng = random.Random(1)
    rng.shuffle(paths)
    pristine = [path for path in paths if is_lossless(path)]
    rows: list[Floats] = []
    wanted: list[Floats] = []
    group: list[NDArray[np.int64]] = []
    for index in range(pictures):
        chosen = paths if index % 4 == 0 else pristine
        for degraded, coarseness in cuts(chosen[index % len(chosen)], rng):
            patches = patches_of(Picture(np.asarray(degraded)))
            rows.append(statistics(patches))
            wanted.append(np.full(len(patches), coarseness, np.float32))
            group.append(np.full(len(patches), len(group)))
    return np.concatenate(rows), np.concatenate(wanted), np.concatenate(group)


def is_lossless(path: Path) -> bool:
    """Whether a file's pixels are what they were before it was written."""
    with path.open("rb") as file:
        return path.suffix == ".png" or file.read(16)[12:] == b"VP8L"


def cuts(path: Path, rng: random.Random) -> Iterator[tuple[Image.Image, float]]:
    """Three cuts of a photograph, with the logarithm of their coarseness.

    One that was compressed is first brought down by half at least, which leaves little of that.
    """
    image = Image.open(path).convert("RGB")
    kind = rng.random() if is_lossless(path) else 0.5
    factor = (
        1
        if kind < 0.4
        else rng.uniform(0.4, 1 if is_lossless(path) else 0.5)
        if kind < 0.85
        else rng.uniform(1, 2)
    )
    if factor != 1:
        size = (round(image.width * factor), round(image.height * factor))
        image = image.resize(size, rng.choice(_DOWN if factor < 1 else _DOWN[:2]))
    if min(image.size) < CUT:
        return
    for _ in range(3):
        left, top = rng.randint(0, image.width - CUT), rng.randint(0, image.height - CUT)
        cut = image.crop((left, top, left + CUT, top + CUT))
        if rng.random() < 0.1:
            cut = cut.convert("L").convert("RGB")
        degraded, coarseness = degrade(cut, rng)
        if rng.random() < 0.25:  # the blocks begin elsewhere
            left, top = rng.randint(1, 7), rng.randint(1, 7)
            degraded = degraded.crop((left, top, left + CUT - 8, top + CUT - 8))
        yield degraded, coarseness


def degrade(image: Image.Image, rng: random.Random) -> tuple[Image.Image, float]:
    """A picture compressed, or not, and the logarithm of how coarsely."""
    kind, halved = rng.random(), rng.choice((0, 2, 2, 2))
    if kind < 0.27:
        return image, FINEST
    if kind < 0.35:  # which tables tell nearly always
        quality = rng.randint(20, 98)
        return coded(image, "JPEG", quality, subsampling=halved), coarseness_of(quality)
    if kind < 0.55:
        quality = rng.randint(25, 95)
        return coded(image, "WEBP", quality), coarseness_of(quality + (100 - quality) * WEBP_FINER)
    if kind < 0.85:
        factor, quality = rng.uniform(0.6, 2.2), rng.randint(25, 92)
        other = image.resize((round(image.width * factor), round(image.height * factor)), _DOWN[0])
        back = coded(other, "JPEG", quality, subsampling=halved).resize(image.size, rng.choice(_DOWN[:3]))
        return back, coarseness_of(quality)
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(1, 18), (*image.size[::-1], 3))
    if rng.random() < 0.3:
        noise = noise[..., :1]
    noisy = Image.fromarray(np.clip(np.rint(np.asarray(image) + noise), 0, 255).astype(np.uint8))
    if rng.random() < 0.5:
        return noisy, FINEST  # noise and compression have to be told apart
    quality = rng.randint(50, 97)
    return coded(noisy, "JPEG", quality, subsampling=halved), coarseness_of(quality)


def coded(image: Image.Image, format: str, quality: int, **options: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, format, quality=quality, **options)
    with Image.open(out) as picture:
        return picture.convert("RGB")


def fit(rows: Floats, wanted: Floats, group: NDArray[np.int64]) -> dict[str, Floats]:
    """The perceptron's weights, by the names that the plug-in reads; prints how good they are."""
    torch.manual_seed(0)
    held = torch.from_numpy(group % 10 == 0)
    mean, spread = rows[~held.numpy()].mean(axis=0), rows[~held.numpy()].std(axis=0) + 1e-3
    x, y = torch.from_numpy((rows - mean) / spread).float(), torch.from_numpy(wanted).float()
    net = nn.Sequential(
        nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 2)
    )
    steps, batch = 3000, 256
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    train = torch.nonzero(~held)[:, 0]
    for step in range(steps):
        some = train[torch.randint(len(train), (batch,))]
        guess, variance = net(x[some]).unbind(1)
        variance = variance.clamp(-6, 6)
        loss = ((guess - y[some]) ** 2 * torch.exp(-variance) + variance).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if (step + 1) % 500 == 0:
            with torch.no_grad():
                guess, variance = net(x[held]).unbind(1)
            weight = torch.exp(-variance.clamp(-6, 6)).numpy()
            of = group[held.numpy()]
            by_cut = np.bincount(of, weight * guess.numpy()) / np.maximum(np.bincount(of, weight), 1e-9)
            truth = np.bincount(of, weight * y[held].numpy()) / np.maximum(np.bincount(of, weight), 1e-9)
            there = np.bincount(of) > 0
            off = np.abs(by_cut - truth)[there]
            patch = float((guess - y[held]).abs().mean())
            print(
                f"step {step + 1} log2 error: a patch off by {patch:.3f}, a cut by {off.mean():.3f}",
                flush=True,
            )
    weights = [parameter.detach().numpy().astype(np.float32) for parameter in net.parameters()]
    names = ("in", "in_bias", "middle", "middle_bias", "out", "out_bias")
    return {
        "mean": mean.astype(np.float32),
        "spread": spread.astype(np.float32),
        **{
            name: weight.T if weight.ndim == 2 else weight
            for name, weight in zip(names, weights, strict=True)
        },
    }


if __name__ == "__main__":
    main()
