"""What goes into a module, and what comes out of it, when a network gets a picture."""

from __future__ import annotations

from torch import Tensor, nn


def watched(network: nn.Module, module: nn.Module, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What a module of one input gets, what it gives, and what the network makes of the picture."""
    seen: list[Tensor] = []
    hook = module.register_forward_hook(lambda _, inputs, output: seen.extend([*inputs, output]))
    try:
        made: Tensor = network(picture)
    finally:
        hook.remove()
    got, given = seen
    return got, given, made
