"""What is around a picture when a network sees its edge: nothing (zeros inside the network), or the picture.

For each shipped upscaling model: the largest error on single colours by the width of the border, in 8-bit
steps; and the PSNR of the outermost two input pixels of photographs, and of the rest, by what the border is
filled with.

    python bench/border.py FOLDER          # a folder of photographs
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unfade.inference import Device, Session
from unfade.models import find_model

COLOURS = ((40, 120, 200), (250, 250, 250), (5, 5, 5), (255, 0, 0), (0, 255, 255))
WIDTHS = (0, 2, 4, 8, 16)
FILLS = ("none", "edge", "reflect", "symmetric")  # numpy's names


def enlarged(session: Session, pixels: NDArray[np.float32], border: int, fill: str) -> NDArray[np.float32]:
    """HWC in and out, the border cut off again."""
    height, width = pixels.shape[:2]
    scale, multiple = session.card.scale, session.card.size_multiple
    sides = [(border, border + -(side + 2 * border) % multiple) for side in (height, width)]
    padded = np.pad(pixels, (*sides, (0, 0)), mode=fill).transpose(2, 0, 1)[None]  # type: ignore[call-overload]
    result = session.run({"input": np.ascontiguousarray(padded)})["output"][0].transpose(1, 2, 0)
    inside: NDArray[np.float32] = result[border * scale :, border * scale :][
        : height * scale, : width * scale
    ]
    return inside


def flat_errors(session: Session) -> None:
    for colour in COLOURS:
        pixels = np.full((48, 64, 3), colour, np.float32) / 255
        errors = [
            np.abs(enlarged(session, pixels, width, "edge") - pixels[0, 0]).max() * 255 for width in WIDTHS
        ]
        print(
            f"  {colour!s:16}",
            *(f"{width}: {error:5.2f}" for width, error in zip(WIDTHS, errors, strict=True)),
        )


def photograph_scores(session: Session, folder: Path) -> None:
    scale = session.card.scale
    scores: dict[str, list[tuple[float, float]]] = {fill: [] for fill in FILLS}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        truth = np.asarray(Image.open(path).convert("RGB"))
        height, width = (side // 8 * 8 for side in truth.shape[:2])
        truth = truth[:height, :width]
        size = (width // scale, height // scale)
        small = np.asarray(Image.fromarray(truth).resize(size, Image.Resampling.BICUBIC), np.float32) / 255
        outer = np.ones((height, width), bool)
        outer[2 * scale : -2 * scale, 2 * scale : -2 * scale] = False
        for fill in FILLS:
            result = enlarged(session, small, *((0, "edge") if fill == "none" else (8, fill)))
            error = (np.clip(result, 0, 1) - truth / 255) ** 2
            scores[fill].append((float(error[outer].mean()), float(error[~outer].mean())))
    for fill, errors in scores.items():
        edge, rest = (-10 * np.log10(np.array(errors))).mean(axis=0)
        print(f"  {fill:10} outermost: {edge:.2f} dB   rest: {rest:.2f} dB")


def main() -> None:
    for name in ("upscale-x2", "upscale-x4"):
        session = Session.open(find_model(name).path, Device.CPU, threads=1)
        print(f"{name}: error on single colours by the width of the border, in 1/255")
        flat_errors(session)
        photograph_scores(session, Path(sys.argv[1]))


if __name__ == "__main__":
    main()
