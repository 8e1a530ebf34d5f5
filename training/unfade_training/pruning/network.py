"""A ``fast_unet`` or the decoder of a ``lite_unet`` with fewer channels: sensitivity, allocation, pruning.

Residual blocks are pruned inside. The finest level of a ``fast_unet``, where most pixels are, can be taken
out or made narrower: without its block the level is linear, and so is a sub-pixel convolution one level
below, which moves no feature maps of the output's size. It is solved, by least squares, for the whole
network's picture, so it also makes up for what the blocks before it have lost.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..networks.blocks import ResidualBlock, SubPixelUp
from ..networks.encoder_unets import DecoderBlock, LiteUnet
from ..networks.fast_unet import FastUnet
from .reconstruction import TAPS, NormalEquations, Solution, activations, eliminate, normal_equations

log = logging.getLogger(__name__)

STEP = 16
"""Channels inside a block come in multiples of it: what ONNX Runtime computes at once with AVX-512 (8 with
AVX2)."""
LEVEL = 3
"""Modules of the finest level in the branch for detail: up, block, and the last convolution."""


@dataclass(frozen=True)
class Sensitivity:
    """What a block costs, and what is lost with fewer channels inside it.

    Attributes:
        work: multiplications of one channel, in units that are the same for all blocks of a network.
        errors: width -> mean square of what changes in the network's output; 0 for all its channels.
    """

    work: int
    errors: Mapping[int, float]


@dataclass(frozen=True)
class PrunedBlock:
    """What became of one block.

    Attributes:
        name: in the network.
        before: channels inside.
        after: the same, now; 0 where the block is taken out with its level.
        error: what of the block's output is lost, as a share of its energy (mean square).
    """

    name: str
    before: int
    after: int
    error: float


@torch.no_grad()
def sensitivities(network: FastUnet, pictures: Sequence[Tensor], step: int = STEP) -> list[Sensitivity]:
    """Of each block, in the order in which they run: each alone is made narrower, and the output compared.

    Args:
        network: a trained one; it stays as it is.
        pictures: N C H W each, as the network gets them.
        step: between the widths that are tried.
    """
    wanted = [network(picture) for picture in pictures]
    found = []
    for block in network.running_blocks():
        own, width = (block.conv1, block.conv2), block.conv1.out_channels
        solutions = eliminate(_block_equations(network, block, network, block, pictures), _steps(width, step))
        errors = {width: 0.0}
        for narrower in sorted(solutions, reverse=True):
            _narrow(block, solutions[narrower])
            changed = sum(float(F.mse_loss(network(x), y)) for x, y in zip(pictures, wanted, strict=True))
            errors[narrower] = max(changed / len(pictures), *errors.values())
            block.conv1, block.conv2 = own
        [(features, _)] = activations(network, pictures[0][:1], block)
        positions = features.shape[-2:].numel()
        found.append(Sensitivity(2 * TAPS * block.conv1.in_channels * positions, errors))
    return found


def allocate_widths(found: Sequence[Sensitivity], share: float) -> list[int]:
    """How many channels each block should keep for a share of the work of all of them.

    Greedy: the narrower block that costs least for the work it saves is taken, again and again, as if errors
    of the blocks were independent of each other.
    """

    def work(widths: Sequence[int]) -> int:
        return sum(width * one.work for width, one in zip(widths, found, strict=True))

    chosen = [max(one.errors) for one in found]
    most = share * work(chosen)
    while work(chosen) > most:
        options = [
            ((error - one.errors[chosen[i]]) / ((chosen[i] - width) * one.work), i, width)
            for i, one in enumerate(found)
            for width, error in one.errors.items()
            if width < chosen[i]
        ]
        if not options:
            break
        _, i, width = min(options)
        chosen[i] = width
    return chosen


@torch.no_grad()
def prune(
    network: FastUnet, pictures: Sequence[Tensor], widths: Sequence[int], fine: int = 0
) -> list[PrunedBlock]:
    """Take channels out of the residual blocks, in place.

    Args:
        network: a trained one.
        pictures: N C H W each, as the network gets them.
        widths: how many channels each block keeps, in the order in which they run; not more than it has. 0
            for the last takes it out, with its level (:func:`has_finest`).
        fine: channels that the finest level of the branch then keeps (:func:`narrow_finest`); 0 for all.
    """
    whole = copy.deepcopy(network)
    pruned = []
    names = {module: name for name, module in network.named_modules()}
    for theirs, ours, width in zip(whole.running_blocks(), network.running_blocks(), widths, strict=True):
        name = names[ours]
        before, error = ours.conv1.out_channels, 0.0
        if width == 0:
            error = take_out_finest(whole, network, pictures)
            log.info("%s is taken out", name)
        elif width < before:
            equations = _block_equations(whole, theirs, network, ours, pictures)
            solution = eliminate(equations, [width])[width]
            error = solution.error
            _narrow(ours, solution)
            log.info("%s has %d channels left", name, width)
        pruned.append(PrunedBlock(name, before, width, error))
    if fine:
        before = network.fine_widths[-1]
        error = narrow_finest(whole, network, pictures, fine)
        pruned.append(PrunedBlock("finest level", before, fine, error))
    return pruned


def _steps(width: int, step: int) -> list[int]:
    """The narrower widths that are worth their while; a block of few channels may be halved."""
    step = step if width > step else max(1, width // 2)
    return list(range(step, width, step))


def _block_equations(
    whole: nn.Module,
    theirs: ResidualBlock,
    pruned: nn.Module,
    ours: ResidualBlock,
    pictures: Sequence[Tensor],
) -> NormalEquations:
    """What a block must make of its own hidden features to give what the whole network's block gives."""

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for picture in pictures:
            (features, wanted), (hidden, _) = activations(pruned, picture, ours, ours.conv2)
            if ours is not theirs:
                [(_, wanted)] = activations(whole, picture, theirs)
            yield hidden, wanted - features

    return normal_equations(pairs(), len(pictures))


def _narrow(block: ResidualBlock, solution: Solution) -> None:
    """Put in convolutions of the channels that stay."""
    kept = solution.kept
    first = nn.Conv2d(block.conv1.in_channels, len(kept), 3, padding=1)
    first.weight.copy_(block.conv1.weight[kept])
    assert block.conv1.bias is not None and first.bias is not None
    first.bias.copy_(block.conv1.bias[kept])
    block.conv1, block.conv2 = first, solution.convolution()


def has_finest(network: FastUnet) -> bool:
    """Whether there is a level at the output's resolution above another one."""
    return network.fine is not None and len(network.fine) > LEVEL and isinstance(network.fine[-1], nn.Conv2d)


def ends_in_sub_pixels(network: FastUnet) -> bool:
    """Whether the last doubling of the branch is a sub-pixel convolution."""
    return network.fine is not None and isinstance(network.fine[-1], nn.PixelShuffle)


@torch.no_grad()
def take_out_finest(whole: FastUnet, pruned: FastUnet, pictures: Sequence[Tensor]) -> float:
    """Put a sub-pixel convolution in place of a network's finest level, in place.

    Args:
        whole: the network whose pictures it is to give.
        pruned: the network, for which :func:`has_finest` holds.
        pictures: N C H W each, as the networks get them.

    Returns:
        What is lost of what the branch should add to the picture, as a share of its energy.
    """
    assert pruned.fine is not None
    below = pruned.fine[:-LEVEL]
    solution = _solved_last(whole, pruned, below, pictures)
    pruned.fine = nn.Sequential(*below.children(), solution.convolution(), nn.PixelShuffle(2))
    return solution.error


@torch.no_grad()
def narrow_finest(whole: FastUnet, pruned: FastUnet, pictures: Sequence[Tensor], width: int) -> float:
    """Leave the finest level of a branch that ends in sub-pixels with fewer channels, in place.

    What runs along the level is a sum of linear things, so those channels that stay may be any mixture of
    them. The last convolution is then solved anew as in :func:`take_out_finest`.

    Args:
        whole: the network whose pictures it is to give.
        pruned: the network, for which :func:`ends_in_sub_pixels` holds.
        pictures: N C H W each, as the networks get them.
        width: channels that stay.

    Returns:
        What is lost of what the branch should add to the picture, as a share of its energy.
    """
    assert pruned.fine is not None
    *below, up, block, last, shuffle = pruned.fine
    assert isinstance(up, SubPixelUp) and isinstance(block, ResidualBlock) and isinstance(last, nn.Conv2d)
    features = [activations(pruned, picture, block)[0][1] for picture in pictures]
    level = _level_of(up, block, *_mixture(features, last.weight, width))
    front = nn.Sequential(*below, *level)
    solution = _solved_last(whole, pruned, front, pictures)
    pruned.fine = nn.Sequential(*front.children(), solution.convolution(), shuffle)
    return solution.error


def _mixture(features: Sequence[Tensor], kernels: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """The mixtures of channels that a convolution sees most of: principal components, each channel weighed
    by the kernels that it goes through.

    Args:
        features: N C H W each.
        kernels: of the convolution, (outputs, C, 3, 3).

    Returns:
        (width, C) that makes the mixtures, and (C, width) that brings the channels back.
    """
    rows = [f.transpose(0, 1).flatten(1).double() for f in features]
    moments = torch.stack([row @ row.T / row.shape[1] for row in rows]).mean(0)
    taps = kernels.double().transpose(0, 1).flatten(1)
    values, vectors = torch.linalg.eigh(taps @ taps.T)
    root = vectors * values.clamp(min=1e-6 * float(values[-1])).sqrt() @ vectors.T
    most = torch.linalg.eigh(root @ moments @ root)[1][:, -width:]
    return (most.T @ root).float(), torch.linalg.solve(root, most).float()


def _level_of(up: SubPixelUp, block: ResidualBlock, to: Tensor, back: Tensor) -> tuple[nn.Module, nn.Module]:
    """The same level on mixtures of its channels (:func:`_mixture`)."""
    width, channels = to.shape
    conv = cast(nn.Conv2d, up[0])
    mixed = ResidualBlock(width, block.conv1.out_channels)
    mixed_up = SubPixelUp(conv.in_channels, width)
    mixed_conv = cast(nn.Conv2d, mixed_up[0])
    weight = torch.einsum("oc,csi->osi", to, conv.weight.view(channels, 4, -1))
    mixed_conv.weight.copy_(weight.reshape(mixed_conv.weight.shape))
    mixed_conv.bias.copy_((to @ conv.bias.view(channels, 4)).flatten())  # type: ignore[union-attr]
    mixed.conv1.weight.copy_(torch.einsum("hcyx,co->hoyx", block.conv1.weight, back))
    mixed.conv1.bias.copy_(block.conv1.bias)  # type: ignore[union-attr,arg-type]
    mixed.conv2.weight.copy_(torch.einsum("oc,chyx->ohyx", to, block.conv2.weight))
    mixed.conv2.bias.copy_(to @ block.conv2.bias)  # type: ignore[union-attr,operator]
    return mixed_up, mixed


def _solved_last(whole: FastUnet, pruned: FastUnet, below: nn.Module, pictures: Sequence[Tensor]) -> Solution:
    """The last convolution of a branch, before two times two sub-pixels, for the whole network's picture.

    Args:
        below: the layers before it.
    """
    fine = pruned.fine
    assert fine is not None

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for picture in pictures:
            (features, added), (_, made) = activations(pruned, picture, fine, pruned)
            wanted = whole(picture) - made + added
            # not the outermost positions: a picture in use has a mirrored border, not one of zeros
            yield below(features), F.pixel_unshuffle(wanted, 2)[..., 1:-1, 1:-1]

    equations = normal_equations(pairs(), len(pictures), padding=0)
    return eliminate(equations, [equations.channels])[equations.channels]


@torch.no_grad()
def narrow_decoder(unet: LiteUnet, pictures: Sequence[Tensor], width: int) -> float:
    """Take channels out of the last decoder block, which has most pixels, in place.

    The block is gone through from its end: the channels that the head can do without, those that the second
    convolution can do without to give the rest, and so on up to what comes from below. The skip stays whole:
    its channels cost one convolution only, and the encoder makes them anyway.

    Args:
        unet: a trained one, in evaluation mode, whose decoder has batch norms.
        pictures: N C H W each, as it gets them.
        width: channels that stay.

    Returns:
        What is lost of what the head should give, as a share of its energy (mean square).
    """
    block = cast(DecoderBlock, unet.blocks[-1])
    up, conv1, conv2 = block.up, block.conv1, block.conv2
    channels = unet.head.in_channels
    wanted = [unet(picture) for picture in pictures]

    pairs = (activations(unet, picture, unet.head)[0] for picture in pictures)
    head = eliminate(normal_equations(pairs, len(pictures)), [width])[width]
    second = _inputs_for(conv2, head, unet, pictures, width, channels)
    first = _inputs_for(conv1, second, unet, pictures, width, channels)
    _keep_outputs(up[0], up[1], [4 * c + s for c in first.kept if c < channels for s in range(4)])
    _keep_outputs(conv1[0], conv1[1], second.kept)
    _keep_outputs(conv2[0], conv2[1], head.kept)
    _replace_kernels(conv1[0], conv1[1], first)
    _replace_kernels(conv2[0], conv2[1], second)
    solved = head.convolution()
    unet.head.weight, unet.head.bias = solved.weight, solved.bias
    unet.head.in_channels = width
    made = [unet(picture) for picture in pictures]
    lost = sum(float((a - b).square().sum()) for a, b in zip(made, wanted, strict=True))
    energy = sum(float((b - b.mean((0, 2, 3), keepdim=True)).square().sum()) for b in wanted)
    return lost / energy if energy else 0.0


def _inputs_for(
    layer: nn.Sequential, after: Solution, unet: LiteUnet, pictures: Sequence[Tensor], width: int, own: int
) -> Solution:
    """The input channels that a layer's convolution needs to give the channels that the next one keeps.

    Args:
        layer: convolution, batch norm, activation.
        after: the convolution after it.
        own: channels of the decoder's own at the front of what it sees; those behind them are the skip's.
    """
    convolution, norm = cast(nn.Conv2d, layer[0]), cast(nn.BatchNorm2d, layer[1])
    # a channel weighs what it changes in what comes after
    reach = after.weights[:-1].view(-1, TAPS, after.weights.shape[1]).square().sum((1, 2)).sqrt()[after.kept]
    assert norm.running_var is not None
    scale = norm.weight.abs() / (norm.running_var + norm.eps).sqrt()
    weight = (scale[after.kept].double() * reach).float()
    # one that changes nothing yet must be given, too
    weight = weight.clamp(min=1e-3 * float(weight.max())) if float(weight.max()) > 0 else torch.ones(width)
    pairs = (
        (features, given[:, after.kept] * weight[:, None, None])
        for features, given in (activations(unet, picture, convolution)[0] for picture in pictures)
    )
    skip = range(own, convolution.in_channels)
    inputs = width + len(skip)
    found = eliminate(normal_equations(pairs, len(pictures)), [inputs], fixed=skip)[inputs]
    return Solution(found.kept, found.weights / weight.double(), found.error)


def _keep_outputs(convolution: nn.Module, norm: nn.Module, rows: list[int]) -> None:
    """Leave a convolution and its batch norm with some of their output channels."""
    assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    convolution.weight = nn.Parameter(convolution.weight[rows])
    convolution.out_channels = norm.num_features = len(rows)
    for name in ("weight", "bias"):
        setattr(norm, name, nn.Parameter(getattr(norm, name)[rows]))
    for name in ("running_mean", "running_var"):
        setattr(norm, name, getattr(norm, name)[rows])


def _replace_kernels(convolution: nn.Module, norm: nn.Module, solution: Solution) -> None:
    """Put in solved kernels; a convolution before a norm has no bias, so that goes into the norm's mean."""
    assert isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    solved = solution.convolution()
    convolution.weight, convolution.in_channels = solved.weight, solved.in_channels
    assert solved.bias is not None and norm.running_mean is not None
    norm.running_mean -= solved.bias
