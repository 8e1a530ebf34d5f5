"""From a checkpoint to one of a pruned network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from msgspec.structs import replace
from torch import Tensor

from ..build import Trained, build_dataset, check_patch, open_trained
from ..checkpoint import Checkpoint, save_checkpoint
from ..config import override_text
from ..data import Where, collate
from ..errors import TrainingError
from ..networks.deartifact_unets import MarksUnet
from ..networks.encoder_unets import DecoderBlock, LiteUnet
from ..networks.fast_unet import FastUnet
from .network import (
    STEP,
    PrunedBlock,
    allocate_widths,
    ends_in_sub_pixels,
    has_finest,
    narrow_decoder,
    prune,
    sensitivities,
)

AT_ONCE = 8
"""Patches that go through the networks together."""


def prune_checkpoint(
    checkpoint: Path,
    output: Path,
    data: Sequence[Where],
    *,
    keep: float | Sequence[int],
    patches: int = 64,
    patch: int = 48,
    step: int = STEP,
    fine: int = 0,
    marks: int = 0,
) -> list[PrunedBlock]:
    """Write a checkpoint of the same network with fewer channels inside its blocks.

    Its recipe says the channels that are left (``hidden``), so it can be exported, looked at, and begun with.

    Args:
        checkpoint: of a ``fast_unet``, or of a network with one in it.
        output: the new checkpoint.
        data: folders of photographs; the recipe's own where empty.
        keep: the share of the blocks' work to keep (:func:`allocate_widths`), or the channels of each, in the
            order in which they run; 0 for the last takes out the finest level (:func:`take_out_finest`).
        patches: what the network is shown.
        patch: their side in input pixels.
        step: channels inside a block come in multiples of it, where ``keep`` is a share.
        fine: channels that the finest level of the branch keeps (:func:`narrow_finest`); 0 for all.
        marks: channels that the last block of a ``marks_unet``'s decoder keeps (:func:`narrow_decoder`); 0
            for all.

    Returns:
        What became of each block, the finest level and the decoder's block behind them.

    Raises:
        TrainingError: checkpoint or photographs cannot be used, there is nothing to prune, ``keep`` does not
            fit the blocks, or the file cannot be written.
    """
    trained = open_trained(checkpoint)
    name, network = _prunable(trained)
    finder = _marks(trained) if marks else None
    _check_keep(network, keep)
    _check_fine(network, keep, fine)
    if finder is not None:
        _check_width("The decoder's last block", finder.width, marks)
    check_patch(patch, trained.generator, str(checkpoint))
    pictures = _pictures(trained, data, patches, patch)
    pruned = prune(network, pictures, _widths(network, pictures, keep, step), fine)
    shape = _shape(name, network)
    if finder is not None:
        before = finder.width
        lost = narrow_decoder(finder.unet, pictures, marks)
        pruned.append(PrunedBlock("decoder of marks", before, marks, lost))
        shape[f"{finder.place}.widths"] = finder.widths
    # a folder of runs has the recipe's name: what is trained from here on must not fall into the old one
    recipe = override_text(trained.recipe.text, {**shape, "name": f"{trained.recipe.name}-slim"})
    save_checkpoint(output, Checkpoint({"generator": trained.generator.state_dict()}, recipe))
    return pruned


def parse_keep(text: str) -> float | list[int]:
    """``0.5`` or ``16,32,32``.

    Raises:
        TrainingError: neither a number nor a list of whole numbers.
    """
    try:
        return [int(width) for width in text.split(",")] if "," in text else float(text)
    except ValueError as error:
        raise TrainingError(
            f"--keep takes a share as in 0.5, or channels as in 16,32, not {text!r}."
        ) from error


def _prunable(trained: Trained) -> tuple[str, FastUnet]:
    """The U-net of residual blocks in a generator, and its name there; empty where it is the generator."""
    for name, module in trained.generator.named_modules():
        if isinstance(module, FastUnet):
            return name, module
    raise TrainingError(
        f"{trained.path} cannot be slimmed: {trained.recipe.network['kind']} has no residual blocks of a "
        "fast_unet."
    )


@dataclass(frozen=True)
class _Finder:
    """The U-net in a generator that finds marks, and its place in the recipe."""

    place: str
    unet: LiteUnet

    @property
    def widths(self) -> list[int]:
        """Channels of the decoder's blocks."""
        return [cast(DecoderBlock, block).width for block in self.unet.blocks]

    @property
    def width(self) -> int:
        """Channels of the last one."""
        return self.widths[-1]


def _marks(trained: Trained) -> _Finder:
    for name, module in trained.generator.named_modules():
        if isinstance(module, MarksUnet):
            return _Finder(f"network.{name}", module.unet)
    raise TrainingError(f"{trained.path} has no marks_unet, whose decoder could be made narrower.")


def _widths(
    network: FastUnet, pictures: Sequence[Tensor], keep: float | Sequence[int], step: int
) -> Sequence[int]:
    """Channels that each block keeps; nothing is measured where all of them stay."""
    if not isinstance(keep, (int, float)):
        return keep
    if keep == 1:
        return [block.conv1.out_channels for block in network.running_blocks()]
    return allocate_widths(sensitivities(network, pictures, step), keep)


def _check_fine(network: FastUnet, keep: float | Sequence[int], fine: int) -> None:
    if not fine:
        return
    taken = not isinstance(keep, (int, float)) and keep[-1] == 0
    if not (taken or ends_in_sub_pixels(network)):
        raise TrainingError(
            "Only a branch for fine detail that ends in sub-pixels of one convolution can be made narrower."
        )
    _check_width("The finest level", network.fine_widths[-2 if taken else -1], fine)


def _check_width(what: str, have: int, wanted: int) -> None:
    if not 1 <= wanted <= have:
        raise TrainingError(f"{what} has {have} channels and cannot keep {wanted}.")


def _check_keep(network: FastUnet, keep: float | Sequence[int]) -> None:
    if isinstance(keep, (int, float)):
        if not 0 < keep <= 1:
            raise TrainingError(f"The share to keep must be above 0 and at most 1, not {keep:g}.")
        return
    have = [block.conv1.out_channels for block in network.running_blocks()]
    if len(keep) != len(have):
        raise TrainingError(f"Name the channels of all {len(have)} blocks, not of {len(keep)}.")
    fewest_of = [*[1] * (len(have) - 1), 0 if has_finest(network) else 1]
    for width, wanted, fewest in zip(have, keep, fewest_of, strict=True):
        if not fewest <= wanted <= width:
            raise TrainingError(f"A block with {width} channels cannot keep {wanted}.")


def _shape(name: str, network: FastUnet) -> dict[str, Any]:
    """The recipe's options that say the network's new shape."""
    blocks = network.running_blocks()
    place = ".".join(["network", *([name] if name else [])])
    shape = {f"{place}.hidden": [block.conv1.out_channels for block in blocks]}
    if network.fine is not None:
        shape[f"{place}.fine"] = network.fine_widths
    return shape


def _pictures(trained: Trained, data: Sequence[Where], patches: int, patch: int) -> list[Tensor]:
    """Patches of the photographs that training learns from, in batches, as the network gets them."""
    store, held = trained.held_out(data)
    how = replace(trained.recipe.data, holdout=len(held), zoom=1.0, upright=False)
    stage = replace(trained.recipe.stage[0], patch=patch, shares=())
    dataset = build_dataset(replace(trained.recipe, data=how), stage, 0, store, trained.degradation)
    device = torch.device("cpu")
    return [
        trained.transform.batch(
            collate([dataset[i] for i in range(first, min(first + AT_ONCE, patches))]).to_unit(device)
        ).picture
        for first in range(0, patches, AT_ONCE)
    ]
