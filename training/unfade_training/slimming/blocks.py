"""One residual block: what goes through it, and the same with fewer channels inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from ..networks.blocks import ResidualBlock
from .elimination import Equations, Solution, convolution_of, equations_of


@dataclass
class Seen:
    """What went through a block, NCHW."""

    input: Tensor
    hidden: Tensor
    output: Tensor


class _Enough(Exception):
    """What comes after the block is of no interest."""


def seen_by(network: nn.Module, block: ResidualBlock, picture: Tensor) -> Seen:
    """What goes through the block when the network gets the picture."""
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
    return Seen(**seen)


def equations_between(
    whole: nn.Module, theirs: ResidualBlock, slim: nn.Module, ours: ResidualBlock, pictures: Sequence[Tensor]
) -> Equations:
    """What the slim network's block must make of its own hidden features to give what the whole one gives."""

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        for picture in pictures:
            here = seen_by(slim, ours, picture)
            wanted = here.output if ours is theirs else seen_by(whole, theirs, picture).output
            yield here.hidden, wanted - here.input

    return equations_of(pairs(), len(pictures))


def narrow(block: ResidualBlock, solution: Solution) -> None:
    """Put in convolutions of the channels that stay."""
    kept = solution.kept
    first = nn.Conv2d(block.conv1.in_channels, len(kept), 3, padding=1)
    first.weight.copy_(block.conv1.weight[kept])
    assert block.conv1.bias is not None and first.bias is not None
    first.bias.copy_(block.conv1.bias[kept])
    block.conv1, block.conv2 = first, convolution_of(solution)
