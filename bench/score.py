"""Degrade reference photographs for a benchmark task, and score what a filter made of them.

    python bench/score.py make TASK --refs FOLDER --out FOLDER
    unfade FILTER FOLDER -o RESULTS --format png --device cpu      (of watermark: deartifact --watermark)
    python bench/score.py score TASK --refs FOLDER --results RESULTS

`make` writes an input of the same name for each reference. `score` prints the mean of each measure over all
references, one "name value" a line. Inputs depend on the references and their names alone.

Tasks
  sr-x2, sr-x4         brought down by Pillow's antialiased bicubic, as the papers on super-resolution do
  web-x2, web-x4       brought down bilinearly, then JPEG of quality 30 to 80: a picture as found on the web
  jpeg-10 ... jpeg-40  colour JPEG 4:2:0 of that quality
  gray-10 ... gray-40  the luma alone as a gray JPEG, as ARCNN, DnCNN, FBCNN and SwinIR are measured
  djpeg                JPEG of quality 10 to 30, moved by (4, 4) pixels, then of quality 50 to 90
  watermark            white or black text of 35 to 90 % opacity, single or all over, then JPEG of 75 to 95
  colorize             gray
  repair               the damage of a print or slide: hairs, dust, scratches, stains, creases, torn corners,
                       then JPEG of quality 90; wants --damage
  noise-15, -25, -50   Gaussian noise of that sigma, of 255, as DnCNN, FFDNet and DRUNet are measured
  grain                noise of film or sensors: grows with light, a little soft; then JPEG of 85 to 95
  fade                 each channel its own black, white and gamma, less saturation, then JPEG of quality 92

Measures
  psnr_y, ssim_y       of BT.601 luma; of enlarged pictures without `scale` pixels at each side
  psnr, ssim           of gray tasks
  psnr_rgb             of all channels
  lpips                LPIPS v0.1 with SqueezeNet, with --lpips only; lower is better
  psnr_mark, psnr_rest of watermark and repair: psnr_rgb where the reference was drawn over, and elsewhere
  delta_e              of colorize and fade: mean CIEDE2000; lower is better
  psnr_ab              of colorize: PSNR of Lab's a and b
  colourfulness        of colorize: Hasler and Suesstrunk's, of the results and (..._ref) of the references

--lpips takes an ONNX model with the inputs a and b (NCHW RGB in [0, 1]), or SqueezeNet 1.1's ImageNet weights
in torchvision's names (a .pth or .safetensors file), or the word fetch, which downloads those weights as
torchvision does. The weights want LPIPS's own linear layers besides: pip install --no-deps lpips.

--damage takes a folder of shapes: in it folders dirt, dots, hair, hair-short, lint, scratches, smut, spots,
sprinkles and stain, in these gray pictures of opacities, white where a shape covers. The artifacts of
FilmDamageSimulator (Ivanova et al., Eurographics 2023, MIT) are such shapes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from protocols import ProtocolError, Task, luma, pictures, read_image, tasks
from skimage import color, metrics

Pixels = NDArray[np.uint8]
Scores = dict[str, float]
Lpips = Callable[[Pixels, Pixels], float]
"""Distance of two HW3 pictures."""


def main() -> None:
    arguments = parse()
    try:
        if arguments.command == "tasks":
            print("\n".join(tasks()))
        elif arguments.command == "make":
            make(tasks(arguments.damage)[arguments.task], arguments.refs, arguments.out, arguments.masks)
        else:
            lpips = open_lpips(arguments.lpips) if arguments.lpips else None
            report(
                score(
                    tasks(arguments.damage)[arguments.task],
                    arguments.refs,
                    arguments.results,
                    lpips,
                    enlarge=arguments.enlarge,
                ),
                per_image=arguments.per_image,
            )
    except ProtocolError as error:
        sys.exit(f"score.py: {error}")


def parse() -> argparse.Namespace:
    summary, _, rest = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tasks", help="list the tasks")
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("task", choices=list(tasks()), metavar="TASK")
    both.add_argument("--refs", type=Path, required=True, metavar="FOLDER", help="the reference photographs")
    both.add_argument("--damage", type=Path, metavar="FOLDER", help="of repair: the damage shapes")
    maker = commands.add_parser("make", parents=[both], help="write degraded inputs")
    maker.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    maker.add_argument(
        "--masks", type=Path, metavar="FOLDER", help="of watermark and repair: also write opacities here"
    )
    scorer = commands.add_parser("score", parents=[both], help="score results")
    scorer.add_argument("--results", type=Path, required=True, metavar="FOLDER")
    scorer.add_argument(
        "--enlarge", action="store_true", help="bring results up to the references' size, bicubically, first"
    )
    scorer.add_argument("--lpips", metavar="FILE", help="score LPIPS as well; the main --help says with what")
    scorer.add_argument("--per-image", action="store_true", help="a line for each picture, too")
    return parser.parse_args()


# Making ---------------------------------------------------------------------------------------------------


def make(task: Task, references: Path, out: Path, masks: Path | None = None) -> None:
    """Writes the inputs of a task and, where it draws over references, opacities as 8-bit gray pictures.

    Raises:
        ProtocolError: there are no references, or one cannot be read or degraded.
    """
    for path in listed(references):
        reference = task.reference(path)
        degraded = task.degrade(reference, task.generator(path.stem))
        out.mkdir(parents=True, exist_ok=True)
        (out / (path.stem + degraded.suffix)).write_bytes(degraded.data)
        if masks is not None and task.opacity is not None:
            opacity = task.opacity(reference.size, task.generator(path.stem))
            masks.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.rint(opacity * 255).astype(np.uint8)).save(masks / f"{path.stem}.png")


def listed(folder: Path) -> list[Path]:
    found = pictures(folder)
    if not found:
        raise ProtocolError(f"There are no pictures in {folder}.")
    return found


# Scoring --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A reference and what was made of its degraded input.

    Attributes:
        reference, result: HW3, or HW for gray tasks, without the rows and columns that a shifted input lacks.
        border: pixels cut from each side before luma is compared.
        covered: HW, where the reference was drawn over; None where it was not.
    """

    reference: Pixels
    result: Pixels
    border: int
    covered: NDArray[np.bool_] | None


def score(
    task: Task, references: Path, results: Path, lpips: Lpips | None = None, *, enlarge: bool = False
) -> Iterator[tuple[str, Scores]]:
    """The name and the scores of each reference.

    Args:
        enlarge: brings results to the reference's size by Pillow's bicubic interpolation: the baseline of
            enlargement, where they are the inputs.

    Raises:
        ProtocolError: a result is missing, cannot be read, or is of another size.
    """
    by_name = {path.stem: path for path in pictures(results)}
    for path in listed(references):
        if path.stem not in by_name:
            raise ProtocolError(f"There is no result for {path.stem} in {results}.")
        pair = pair_of(task, path, by_name[path.stem], enlarge=enlarge)
        scores: Scores = {}
        for name in task.measures:
            scores |= MEASURES[name](pair)
            if name == "colour" and lpips is not None:
                scores["lpips"] = lpips(pair.reference, pair.result)
        yield path.stem, scores


def pair_of(task: Task, reference_path: Path, result_path: Path, *, enlarge: bool) -> Pair:
    reference, result = task.reference(reference_path), read_image(result_path)
    if enlarge:
        result = result.convert("RGB").resize(reference.size, Image.Resampling.BICUBIC)
    covered = None
    if task.opacity is not None:
        covered = task.opacity(reference.size, task.generator(reference_path.stem)) > task.covers
    if result.size != reference.size:
        raise ProtocolError(
            f"{result_path} has {result.width}x{result.height} pixels, its reference "
            f"{reference.width}x{reference.height}."
        )
    mode, shift = "L" if task.gray else "RGB", task.shift
    height, width = reference.height - shift, reference.width - shift
    return Pair(
        np.asarray(reference)[:height, :width],
        np.asarray(result.convert(mode))[shift:, shift:],
        border=task.scale if task.scale > 1 else 0,
        covered=covered,
    )


def gray_scores(pair: Pair) -> Scores:
    return {"psnr": psnr(pair.reference, pair.result), "ssim": ssim(pair.reference, pair.result)}


def luma_scores(pair: Pair) -> Scores:
    height, width = pair.reference.shape[:2]
    inner = np.s_[pair.border : height - pair.border, pair.border : width - pair.border]
    reference, result = luma(pair.reference)[inner], luma(pair.result)[inner]
    return {"psnr_y": psnr(reference, result), "ssim_y": ssim(reference, result)}


def colour_scores(pair: Pair) -> Scores:
    return {"psnr_rgb": psnr(pair.reference, pair.result)}


def covered_scores(pair: Pair) -> Scores:
    covered = pair.covered
    if covered is None or not covered.any():
        return {}
    return {
        "psnr_mark": psnr(pair.reference[covered], pair.result[covered]),
        "psnr_rest": psnr(pair.reference[~covered], pair.result[~covered]),
    }


def difference_scores(pair: Pair) -> Scores:
    reference, result = color.rgb2lab(pair.reference), color.rgb2lab(pair.result)
    return {"delta_e": float(color.deltaE_ciede2000(reference, result).mean())}  # type: ignore[no-untyped-call]


def chroma_scores(pair: Pair) -> Scores:
    reference, result = (color.rgb2lab(each)[..., 1:] for each in (pair.reference, pair.result))
    return {
        "psnr_ab": psnr(reference, result),
        **difference_scores(pair),
        "colourfulness": colourfulness(pair.result),
        "colourfulness_ref": colourfulness(pair.reference),
    }


MEASURES: dict[str, Callable[[Pair], Scores]] = {
    "gray": gray_scores,
    "luma": luma_scores,
    "colour": colour_scores,
    "covered": covered_scores,
    "delta_e": difference_scores,
    "chroma": chroma_scores,
}
"""By the names that :class:`protocols.Task` knows them by."""


def psnr(a: NDArray[Any], b: NDArray[Any]) -> float:
    """In dB, of a peak of 255."""
    mean_square = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return float(10 * np.log10(255**2 / max(mean_square, 1e-10)))


def ssim(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Of one channel, with the Gaussian window of Wang et al. 2004."""
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    try:
        return float(metrics.structural_similarity(a, b, data_range=255, **window))  # type: ignore[no-untyped-call]
    except ValueError as error:  # smaller than the window
        raise ProtocolError(f"A picture is too small for SSIM ({error}).") from error


def colourfulness(rgb: Pixels) -> float:
    """Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003, of an HW3 picture."""
    red, green, blue = (rgb[..., channel].astype(np.float64) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def open_lpips(source: str) -> Lpips:
    """LPIPS as ``--lpips`` names it.

    Raises:
        ProtocolError: it cannot be opened, or the training package's dependencies are not installed.
    """
    try:
        import torch

        from unfade_training import losses
        from unfade_training.errors import TrainingError
    except ImportError as error:
        raise ProtocolError(f"LPIPS wants what training does ({error}): pip install '.[train]'.") from error

    try:
        distance = losses.open_lpips("" if source == "fetch" else source)
    except TrainingError as error:
        raise ProtocolError(str(error)) from error

    def tensor(pixels: Pixels) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])).float() / 255

    @torch.inference_mode()
    def lpips(a: Pixels, b: Pixels) -> float:
        return float(distance(tensor(a), tensor(b)))

    return lpips


def report(rows: Iterator[tuple[str, Scores]], *, per_image: bool) -> None:
    """Prints the mean of each measure, over the pictures that have it."""
    columns: dict[str, list[float]] = {}
    for stem, scores in rows:
        if per_image:
            print(stem, *(f"{name} {value:.4f}" for name, value in scores.items()))
        for name, value in scores.items():
            columns.setdefault(name, []).append(value)
    for name, values in columns.items():
        print(f"{name} {np.mean(values):.4f}")


if __name__ == "__main__":
    main()
