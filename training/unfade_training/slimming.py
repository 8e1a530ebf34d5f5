"""Slimming: a trained network does with fewer channels inside its residual blocks.

Inside a block many channels say what others say too, or hardly anything. Those whose absence costs least are
taken out one by one, and at each step the block's second convolution is solved anew, by least squares, for
what the whole network would have given there: channel pruning by reconstruction (He et al. 2017,
arXiv:1707.06168), the channels eliminated backward as the weights in Optimal Brain Surgeon (Hassibi & Stork
1993). It goes from the first block to the last, so each makes up for what those before it have lost. The rest
is learned back in a stage with a ``teacher`` (:mod:`unfade_training.stages.teacher`).
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .building import check_patch
from .checkpoint import Checkpoint, save_checkpoint
from .data import PatchDataset, collate
from .errors import TrainingError
from .networks.blocks import ResidualBlock
from .networks.fast_unet import FastUnet
from .overrides import override_text
from .trained import Trained, open_trained

log = logging.getLogger(__name__)

TAPS = 9
"""Weights of one channel in a kernel of 3 x 3."""
AT_ONCE = 8
"""Patches that go through the networks together."""
POSITIONS = 40_000
"""Places at which each block's output is compared: enough for 1,153 unknowns, those of 128 channels."""
RIDGE = 1e-4
"""Added to the diagonal of the normal equations, in units of its mean: channels may be copies of others."""
STEP = 16
"""Channels inside a block come in multiples of it: what ONNX Runtime computes at once with AVX-512."""


@dataclass(frozen=True)
class Slimmed:
    """One block.

    Attributes:
        name: in the network.
        before: channels inside.
        after: the same, now.
        error: what of the block's work is lost, as a share of its energy (mean square).
    """

    name: str
    before: int
    after: int
    error: float


def slim_checkpoint(
    checkpoint: Path,
    output: Path,
    data: Sequence[Path],
    *,
    keep: float | Sequence[int],
    patches: int = 64,
    patch: int = 48,
) -> list[Slimmed]:
    """Write a checkpoint of the same network with fewer channels inside its blocks.

    Its recipe says the channels that are left (``hidden``), so it can be exported, looked at, and begun with.

    Args:
        checkpoint: of a ``fast_unet``, or of a network with one in it.
        output: the new checkpoint.
        data: folders of photographs; the recipe's own where empty.
        keep: the share of the blocks' work to keep (:func:`allot`), or the channels of each, in the order in
            which they run.
        patches: what the network is shown.
        patch: their side in input pixels.

    Returns:
        what became of each block.

    Raises:
        TrainingError: checkpoint or photographs cannot be used, there is nothing to slim, ``keep`` does not
            fit the blocks, or the file cannot be written.
    """
    trained = open_trained(checkpoint)
    name, network = _slimmable(trained)
    _check_keep(network, keep)
    check_patch(patch, trained.generator, str(checkpoint))
    pictures = _pictures(trained, data, patches, patch)
    widths = allot(costs_of(network, pictures), keep) if isinstance(keep, (int, float)) else keep
    blocks = slim(network, pictures, widths)
    option = ".".join(["network", *([name] if name else []), "hidden"])
    recipe = override_text(trained.recipe.text, {option: [block.after for block in blocks]})
    save_checkpoint(output, Checkpoint({"generator": trained.generator.state_dict()}, recipe))
    return blocks


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


@torch.no_grad()
def slim(network: FastUnet, pictures: Sequence[Tensor], widths: Sequence[int]) -> list[Slimmed]:
    """Take channels out of the residual blocks, in place.

    Args:
        network: a trained one.
        pictures: N C H W each, as the network gets them.
        widths: how many channels each block keeps, in the order in which they run; not more than it has.
    """
    whole = copy.deepcopy(network)
    slimmed = []
    names = {module: name for name, module in network.named_modules()}
    for theirs, ours, width in zip(whole.running_blocks(), network.running_blocks(), widths, strict=True):
        name = names[ours]
        before, error = ours.conv1.out_channels, 0.0
        if width < before:
            equations = _equations(whole, theirs, network, ours, pictures)
            solution = eliminate(equations, before, [width])[width]
            error = solution.error
            _narrow(ours, solution)
            log.info("%s has %d channels left", name, width)
        slimmed.append(Slimmed(name, before, width, error))
    return slimmed


@dataclass(frozen=True)
class Equations:
    """Normal equations of a block's second convolution, per place: with the hidden features ``u`` (taps of
    all channels, channel by channel, and a 1) and the wanted output ``r``.

    Attributes:
        uu: mean of u u^T, float64 (9 C + 1, 9 C + 1).
        ur: mean of u r^T, (9 C + 1, outputs).
        rr: mean of r^T r.
    """

    uu: Tensor
    ur: Tensor
    rr: float


@dataclass(frozen=True)
class Solution:
    """A block with fewer channels.

    Attributes:
        kept: those that stay.
        weights: of the second convolution, (9 C + 1, outputs); 0 for the channels that go.
        error: the mean square that is not explained, as a share of all.
    """

    kept: list[int]
    weights: Tensor
    error: float


def eliminate(equations: Equations, channels: int, widths: Sequence[int]) -> dict[int, Solution]:
    """Take out channels, each time the one that is missed least; what there is at each of some widths."""
    uu = equations.uu + RIDGE * equations.uu.diagonal()[:-1].mean() * torch.eye(len(equations.uu)).double()
    inverse = torch.linalg.inv(uu)
    weights = inverse @ equations.ur
    rows = torch.arange(TAPS * channels).view(channels, TAPS)
    kept = list(range(channels))
    solutions = {}
    while True:
        if len(kept) in widths:
            wu = (weights * (equations.uu @ weights)).sum()
            left = float(equations.rr - 2 * (weights * equations.ur).sum() + wu)
            solutions[len(kept)] = Solution(list(kept), weights.clone(), max(0.0, left) / equations.rr)
        if len(kept) <= min(widths):
            return solutions
        own = rows[kept]
        blocks = inverse[own[:, :, None], own[:, None, :]]
        costs = (weights[own] * torch.linalg.solve(blocks, weights[own])).sum((1, 2))
        least = int(costs.argmin())
        out = own[least]
        step = torch.linalg.solve(inverse[out][:, out], torch.cat([inverse[out], weights[out]], dim=1))
        column = inverse[:, out].clone()
        weights -= column @ step[:, len(uu) :]
        inverse -= column @ step[:, : len(uu)]
        inverse[out], inverse[:, out], weights[out] = 0, 0, 0
        kept.pop(least)


def _equations(
    whole: nn.Module, theirs: ResidualBlock, slim: nn.Module, ours: ResidualBlock, pictures: Sequence[Tensor]
) -> Equations:
    """What the slim network's block must make of its own hidden features to give what the whole one gives."""
    generator = torch.Generator().manual_seed(0)
    places = max(1, POSITIONS // len(pictures))
    uu, ur, rr = [], [], []
    for picture in pictures:
        here = _seen(slim, ours, picture)
        wanted = here.output if ours is theirs else _seen(whole, theirs, picture).output
        u = F.unfold(here.hidden, 3, padding=1).transpose(1, 2).flatten(0, 1)
        r = (wanted - here.input).permute(0, 2, 3, 1).flatten(0, 2)
        chosen = torch.randperm(len(u), generator=generator)[:places]
        u = torch.cat([u[chosen], torch.ones(len(chosen), 1)], dim=1)
        r = r[chosen]
        uu.append((u.T @ u).double() / len(chosen))
        ur.append((u.T @ r).double() / len(chosen))
        rr.append(float(r.square().sum()) / len(chosen))
    return Equations(torch.stack(uu).mean(0), torch.stack(ur).mean(0), sum(rr) / len(rr))


@dataclass
class _Seen:
    """What went through a block, NCHW."""

    input: Tensor
    hidden: Tensor
    output: Tensor


class _Enough(Exception):
    """What comes after the block is of no interest."""


def _seen(network: nn.Module, block: ResidualBlock, picture: Tensor) -> _Seen:
    seen: dict[str, Tensor] = {}

    def enter(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen["input"] = inputs[0]

    def middle(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen["hidden"] = inputs[0]

    def leave(_: nn.Module, __: tuple[Tensor, ...], output: Tensor) -> None:
        seen["output"] = output
        raise _Enough

    hooks = [
        block.register_forward_pre_hook(enter),
        block.conv2.register_forward_pre_hook(middle),
        block.register_forward_hook(leave),
    ]
    try:
        network(picture)
    except _Enough:
        pass
    finally:
        for hook in hooks:
            hook.remove()
    return _Seen(**seen)


def _narrow(block: ResidualBlock, solution: Solution) -> None:
    """Put in convolutions of the channels that stay."""
    kept = solution.kept
    channels, outputs = block.conv1.out_channels, block.conv2.out_channels
    kernels = solution.weights[:-1].view(channels, TAPS, outputs)[kept]
    first = nn.Conv2d(block.conv1.in_channels, len(kept), 3, padding=1)
    first.weight.copy_(block.conv1.weight[kept])
    assert block.conv1.bias is not None and first.bias is not None
    first.bias.copy_(block.conv1.bias[kept])
    second = nn.Conv2d(len(kept), outputs, 3, padding=1)
    second.weight.copy_(kernels.permute(2, 0, 1).reshape(outputs, len(kept), 3, 3))
    assert second.bias is not None
    second.bias.copy_(solution.weights[-1])
    block.conv1, block.conv2 = first, second


def _slimmable(trained: Trained) -> tuple[str, FastUnet]:
    """The U-net of residual blocks in a generator, and its name there; empty where it is the generator."""
    for name, module in trained.generator.named_modules():
        if isinstance(module, FastUnet):
            return name, module
    raise TrainingError(
        f"{trained.path} cannot be slimmed: {trained.recipe.network['kind']} has no residual blocks of a "
        "fast_unet."
    )


def _check_keep(network: FastUnet, keep: float | Sequence[int]) -> None:
    if isinstance(keep, (int, float)):
        if not 0 < keep <= 1:
            raise TrainingError(f"The share to keep must be above 0 and at most 1, not {keep:g}.")
        return
    have = [block.conv1.out_channels for block in network.running_blocks()]
    if len(keep) != len(have):
        raise TrainingError(f"Name the channels of all {len(have)} blocks, not of {len(keep)}.")
    for width, wanted in zip(have, keep, strict=True):
        if not 1 <= wanted <= width:
            raise TrainingError(f"A block with {width} channels cannot keep {wanted}.")


@dataclass(frozen=True)
class Cost:
    """What a block costs, and what is lost with fewer channels inside it.

    Attributes:
        work: multiplications of one channel, in units that are the same for all blocks of a network.
        errors: width -> mean square of what changes in the network's output; 0 for all its channels.
    """

    work: int
    errors: Mapping[int, float]


@torch.no_grad()
def costs_of(network: FastUnet, pictures: Sequence[Tensor]) -> list[Cost]:
    """Of each block, in the order in which they run: each alone is made narrower, and the output compared.

    Args:
        network: a trained one; it stays as it is.
        pictures: N C H W each, as the network gets them.
    """
    wanted = [network(picture) for picture in pictures]
    costs = []
    for block in network.running_blocks():
        own, width = (block.conv1, block.conv2), block.conv1.out_channels
        solutions = eliminate(_equations(network, block, network, block, pictures), width, _steps(width))
        errors = {width: 0.0}
        for narrower in sorted(solutions, reverse=True):
            _narrow(block, solutions[narrower])
            changed = sum(float(F.mse_loss(network(x), y)) for x, y in zip(pictures, wanted, strict=True))
            errors[narrower] = max(changed / len(pictures), *errors.values())
            block.conv1, block.conv2 = own
        places = _seen(network, block, pictures[0][:1]).hidden.shape[-2:].numel()
        costs.append(Cost(2 * TAPS * block.conv1.in_channels * places, errors))
    return costs


def allot(costs: Sequence[Cost], share: float) -> list[int]:
    """How many channels each block should keep for a share of the work of all of them.

    The narrower block that costs least for the work it saves is taken, again and again, as if errors of the
    blocks were independent of each other.
    """
    chosen = [max(cost.errors) for cost in costs]
    most = share * _work(costs, chosen)
    while _work(costs, chosen) > most:
        options = [
            ((error - cost.errors[chosen[i]]) / ((chosen[i] - width) * cost.work), i, width)
            for i, cost in enumerate(costs)
            for width, error in cost.errors.items()
            if width < chosen[i]
        ]
        if not options:
            break
        _, i, width = min(options)
        chosen[i] = width
    return chosen


def _work(costs: Sequence[Cost], widths: Sequence[int]) -> int:
    return sum(width * cost.work for width, cost in zip(widths, costs, strict=True))


def _steps(width: int) -> list[int]:
    """The narrower widths that are worth their while; a block of few channels may be halved."""
    step = STEP if width > STEP else max(1, width // 2)
    return list(range(step, width, step))


def _pictures(trained: Trained, data: Sequence[Path], patches: int, patch: int) -> list[Tensor]:
    """Patches of the photographs that training learns from, in batches, as the network gets them."""
    store, held = trained.held_out(data, trained.recipe.data.holdout)
    dataset = PatchDataset(
        store,
        store.split(len(held))[0],
        trained.degradation,
        patch,
        seed=trained.recipe.seed,
        group_weights=trained.recipe.data.weights,
    )
    device = torch.device("cpu")
    return [
        trained.coding.batch(
            collate([dataset[i] for i in range(first, min(first + AT_ONCE, patches))]).to_unit(device)
        ).picture
        for first in range(0, patches, AT_ONCE)
    ]
