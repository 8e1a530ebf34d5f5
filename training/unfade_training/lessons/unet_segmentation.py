"""What the cross connections of a U-net are for: ``python -m unfade_training.lessons.unet_segmentation``.

A U-net goes down to small maps, which know *what* is in the picture, and up again to its full size; the cross
connections hand over what the way down saw at each size, which knows *where* (Ronneberger et al., "U-Net",
2015). Two networks with the very same weights to learn say which pixels were drawn over a photograph: by a
watermark, or by scratches, stains and tears, whose true masks are known because we drew them. One has its
cross connections, in the other they carry zeros. Both start from an encoder that knows ImageNet.

fast.ai's 2019 lesson 7 builds this U-net for pictures, and its lesson 3 for the labels of street scenes
(CamVid): https://github.com/fastai/course-v3, ``nbs/dl1/lesson3-camvid.ipynb``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import click
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from ..data import PatchDataset, PhotoStore, collate, to_unit
from ..degradations import build_degradation
from ..files import check_folder, make_folder
from ..losses import INK, mask_terms
from ..metrics import Pair, validation_pairs
from ..networks import count_parameters, parameter_groups
from ..networks.encoder_unets import DecoderBlock, LiteUnet
from ..schedules import rate_at
from . import Lesson
from .showing import (
    LessonCommand,
    Panel,
    data_option,
    output_option,
    seed_option,
    threads_option,
    write_curves,
    write_sheet,
)

LESSON = Lesson(
    number=2,
    shows="A U-net with and without its cross connections finds watermarks and damage",
    minutes=7.3,
    command="python -m unfade_training.lessons.unet_segmentation --data examples",
)
KINDS = ("watermark", "damage")
PATCH, BATCH, HELD_OUT, SIDE = 96, 8, 8, 192
RATE, SHARES = 4e-3, (0.03, 0.1, 1.0)  # of the encoder's early half, its late one, and the decoder
VALIDATIONS = 6


def make_network(weights: str | None = "imagenet") -> LiteUnet:
    """N 3 H W in [0, 1] -> N 1 H W, how surely a pixel was drawn over."""
    network = LiteUnet(weights, deepest=16, out_channels=1, widths=(64, 48, 32, 16), y_range=(0, 1))
    # It begins with "hardly anything": else the first hundred steps would go into learning that (Lin et al.,
    # "Focal Loss", 2017, section 4.1).
    nn.init.constant_(cast(Tensor, network.head.bias), -2.0)
    return network


class Cut(nn.Module):
    """A block of the decoder whose cross connection carries zeros."""

    def __init__(self, block: DecoderBlock) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return cast(Tensor, self.block(x, torch.zeros_like(skip)))


def without_connections(network: LiteUnet) -> LiteUnet:
    """The same network, in place: what the decoder knows has passed through the smallest map."""
    network.blocks = nn.ModuleList(Cut(cast(DecoderBlock, block)) for block in network.blocks)
    return network


class Overlap(NamedTuple):
    """How well a mask fits the true one: 1 where they are alike, 0 where they do not touch.

    Attributes:
        iou: the intersection over the union.
        dice: twice the intersection over the sum of both.
    """

    iou: float
    dice: float


def overlap(found: Tensor, wanted: Tensor) -> Overlap:
    """Of two boolean masks, of which one at least has something in it."""
    both, sizes = int((found & wanted).sum()), int(found.sum()) + int(wanted.sum())
    return Overlap(both / (sizes - both), 2 * both / sizes)


@torch.inference_mode()
def score(network: nn.Module, pairs: Sequence[Pair]) -> Overlap:
    """The mean over the pictures in which something is to be found."""
    network.eval()
    found = [
        overlap(network(to_unit(pair.degraded[None]))[0] > 0.5, pair.mask > 255 * INK)
        for pair in pairs
        if pair.mask is not None and pair.mask.any()
    ]
    return Overlap(*(sum(values) / len(values) for values in zip(*found, strict=True)))


History = dict[tuple[str, str], list[Overlap]]  # (network, kind of mask) -> after each validation


def train(
    networks: dict[str, LiteUnet],
    patches: PatchDataset,
    held: dict[str, list[Pair]],
    steps: int,
) -> tuple[list[int], History]:
    """Train networks side by side, on the very same patches; (steps of the validations, what they found)."""
    optimizers = {
        name: torch.optim.AdamW([{"params": group} for group in parameter_groups(network)], weight_decay=1e-3)
        for name, network in networks.items()
    }
    when = sorted({round(steps * number / VALIDATIONS) for number in range(VALIDATIONS + 1)})
    history: History = {(name, kind): [] for name in networks for kind in held}
    console = Console(stderr=True)
    for step in track(range(steps + 1), "training", console=console, disable=not console.is_terminal):
        if step in when:
            for name, kind in history:
                history[name, kind].append(score(networks[name], held[kind]))
        if step == steps:
            break
        batch = collate([patches[step * BATCH + number] for number in range(BATCH)])
        batch = batch.to_unit(torch.device("cpu"))
        assert batch.mask is not None
        rate = rate_at(step, steps, RATE, "one_cycle")
        for name, network in networks.items():
            network.train()
            for group, share in zip(optimizers[name].param_groups, SHARES, strict=True):
                group["lr"] = rate * share
            terms = mask_terms(network(batch.picture), batch.mask)  # cross-entropy and Dice
            optimizers[name].zero_grad()
            torch.autograd.backward(terms["bce"] + terms["dice"])
            optimizers[name].step()
    return when, history


@torch.inference_mode()
def sheet(networks: dict[str, LiteUnet], pairs: Sequence[Pair]) -> list[list[Tensor]]:
    """A row a picture: it | its true mask | those that the networks found."""
    rows = []
    for pair in pairs:
        assert pair.mask is not None
        picture = to_unit(pair.degraded[None])
        masks = [network.eval()(picture)[0] for network in networks.values()]
        rows.append([picture[0], (pair.mask > 255 * INK).float(), *masks])
    return rows


@click.command("unet_segmentation", cls=LessonCommand)
@data_option
@output_option("runs/unet_segmentation")
@click.option("--steps", type=click.IntRange(1), default=600, show_default=True, help="Of training.")
@click.option("--weights", default="imagenet", show_default=True, help="The encoder's: a file, or imagenet.")
@seed_option
@threads_option
def main(data: tuple[Path, ...], output: Path, steps: int, weights: str, seed: int, threads: int) -> None:
    """Train a U-net with and one without cross connections to find what was drawn over photographs."""
    torch.set_num_threads(threads)
    networks = {}
    for name in ("with", "without"):
        torch.manual_seed(seed)  # the same weights to begin with
        networks[name] = make_network(weights)
    without_connections(networks["without"])
    check_folder(output)
    store = PhotoStore.open(data, output.parent / "cache", min_side=SIDE)
    make_folder(output)
    photos, held_photos = store.split(store.holdout(HELD_OUT))
    patches = PatchDataset(store, photos, build_degradation([{"kind": kind} for kind in KINDS]), PATCH, seed)
    held = {
        kind: validation_pairs(store, held_photos, build_degradation({"kind": kind, "clean_share": 0}), SIDE)
        for kind in KINDS
    }
    began = time.process_time()
    when, history = train(networks, patches, held, steps)
    took = time.process_time() - began
    click.echo(
        f"{count_parameters(networks['with']):,} weights each, {len(photos)} photographs to learn from, "
        f"{len(held_photos)} held out"
    )
    for (name, kind), found in history.items():
        click.echo(
            f"{name:8} cross connections, {kind:10} IoU {found[-1].iou:.3f}  Dice {found[-1].dice:.3f}"
        )
    panels = [
        Panel(
            f"{title}, held out",
            {
                f"{kind}, {name}": (when, [getattr(each, field) for each in found])
                for (name, kind), found in history.items()
            },
        )
        for title, field in (("Intersection over union", "iou"), ("Dice", "dice"))
    ]
    write_curves(panels, output / "overlap.webp")
    shown = [pair for kind in KINDS for pair in held[kind][:2]]
    write_sheet(sheet(networks, shown), output / "masks.webp")
    click.echo(f"{took / 60:.1f} CPU minutes; {output / 'overlap.webp'}, {output / 'masks.webp'}")


if __name__ == "__main__":
    main(prog_name="python -m unfade_training.lessons.unet_segmentation")
