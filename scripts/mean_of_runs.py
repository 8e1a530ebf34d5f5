"""The weighted mean of checkpoints: of runs from one beginning, it is often better than each of them.

    python scripts/mean_of_runs.py 0.7:runs/a/best.safetensors 0.3:runs/b/best.safetensors -o mean.safetensors

`unfade-export blend` does it for two finished models; here norms are not folded yet, and their statistics
are averaged, too. Wortsman et al., "Model soups", ICML 2022 (arXiv:2203.05482). ``--scale head=0.9``
multiplies what the part ``head`` makes: a Colorize that came out bolder than right is brought back so. The
recipe of the first run goes along, with a line for each that took part; `unfade-export run` takes the result.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from unfade_training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from unfade_training.errors import TrainingError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", metavar="SHARE:CHECKPOINT", help="shares sum to 1")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--scale", metavar="PART=FACTOR", help="multiply weight and bias of a last layer")
    arguments = parser.parse_args()
    try:
        parts = [share_and_path(part) for part in arguments.parts]
        mean = mean_of(parts)
        if arguments.scale:
            name, _, factor = arguments.scale.partition("=")
            mean = scaled(mean, name, number(factor, arguments.scale))
        save_checkpoint(arguments.output, mean)
    except (TrainingError, ValueError) as error:
        parser.exit(2, f"mean_of_runs: {error}\n")


def share_and_path(text: str) -> tuple[float, Path]:
    """``0.5:file`` -> (0.5, file).

    Raises:
        ValueError: there is no share.
    """
    share, colon, path = text.partition(":")
    if not colon:
        raise ValueError(f"{text} has no share before it, as in 0.5:{text}.")
    return number(share, text), Path(path)


def number(text: str, argument: str) -> float:
    """A finite number out of a command line's ``argument``.

    Raises:
        ValueError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{text!r} in {argument} is not a number.")
    return value


def mean_of(parts: Sequence[tuple[float, Path]]) -> Checkpoint:
    """The mean of the generators of checkpoints, by their shares.

    Raises:
        ValueError: shares do not sum to 1, or the networks differ.
        TrainingError: a file is missing or damaged.
    """
    whole = sum(share for share, _ in parts)
    if abs(whole - 1) > 1e-6:
        raise ValueError(f"the shares sum to {whole:g}, not to 1.")
    checkpoints = [load_checkpoint(path) for _, path in parts]
    tensors = [checkpoint.weights for checkpoint in checkpoints]
    shapes = [{name: tensor.shape for name, tensor in each.items()} for each in tensors]
    for (_, path), each in zip(parts, shapes, strict=True):
        if each != shapes[0]:
            raise ValueError(f"{path} is of another network than {parts[0][1]}.")
    mean: dict[str, Tensor] = {}
    for name, first in tensors[0].items():
        if first.is_floating_point():
            terms = [share * each[name].float() for (share, _), each in zip(parts, tensors, strict=True)]
            mean[name] = sum(terms[1:], terms[0])
        else:
            mean[name] = first  # a count of batches
    told = "".join(f"# The mean of runs: {share:g} of {path}\n" for share, path in parts)
    return Checkpoint({"generator": mean}, told + checkpoints[0].recipe, {})


def scaled(checkpoint: Checkpoint, name: str, factor: float) -> Checkpoint:
    """The checkpoint with what its generator's part ``name`` makes multiplied.

    Raises:
        ValueError: there is no such part with a weight.
    """
    tensors = dict(checkpoint.weights)
    if f"{name}.weight" not in tensors:
        raise ValueError(f"the network has no part {name} with a weight.")
    for tensor in (f"{name}.weight", f"{name}.bias"):
        if tensor in tensors:
            tensors[tensor] = tensors[tensor] * factor
    told = f"# What {name} makes, times {factor:g}\n"
    return Checkpoint({"generator": tensors}, told + checkpoint.recipe, {})


if __name__ == "__main__":
    main()
