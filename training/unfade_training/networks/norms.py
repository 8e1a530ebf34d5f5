"""Normalisation: how convolutions get it in training, and how it is folded away for export."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..errors import TrainingError, did_you_mean

Conv = TypeVar("Conv", bound=nn.Module)

_POWER_ITERATIONS = 50


class Norm(str, Enum):
    """What normalises a convolution."""

    NONE = "none"
    BATCH = "batch"
    """Batch norm between the convolution and its activation."""
    WEIGHT = "weight"
    """Weight norm: length and direction of each kernel are learnt apart (Salimans and Kingma 2016)."""
    SPECTRAL = "spectral"
    """Spectral norm: the largest singular value of the weight is held at 1 (Miyato et al. 2018)."""

    @classmethod
    def named(cls, name: str) -> Norm:
        """The norm a recipe names.

        Raises:
            TrainingError: there is none of that name.
        """
        known = [norm.value for norm in cls]
        if name not in known:
            raise TrainingError(f"There is no norm {name!r}{did_you_mean(name, known)}")
        return cls(name)


def with_norm(layer: Conv, norm: Norm) -> Conv:
    """Put weight or spectral norm on the ``weight`` of ``layer``, in place, and return it; others do nothing.

    Initialise the weight first: afterwards it is computed from other tensors.
    """
    if norm is Norm.WEIGHT:
        parametrizations.weight_norm(layer, dim=0)
    elif norm is Norm.SPECTRAL:
        parametrizations.spectral_norm(layer)
    return layer


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode for the time of a ``with`` block; each module then has its own mode back."""
    training = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True


def fold_norms(network: nn.Module) -> nn.Module:
    """A copy for inference (evaluation mode) that gives what ``network.eval()`` gives, with fewer operations.

    Weight and spectral norm become plain weights. A batch norm that directly follows a convolution, as
    neighbours in an ``nn.Sequential`` or as named in a module's ``norm_pairs`` (pairs of attribute names),
    goes into that convolution. A batch norm with no convolution before it stays: at inference it is one
    multiplication and one addition.

    The original is left as it was, in its own mode, so training goes on after an export.
    """
    with evaluating(network):  # in training mode a look at a spectral-norm weight would change it
        folded = copy.deepcopy(network)
    for module in list(folded.modules()):
        if parametrize.is_parametrized(module):
            _freeze_parametrized(module)
    for module in list(folded.modules()):
        for conv_name, norm_name in list(_pairs(module)):
            conv, norm = getattr(module, conv_name), getattr(module, norm_name)
            setattr(module, conv_name, fuse_conv_bn_eval(conv, norm))
            setattr(module, norm_name, nn.Identity())
    return folded


def unfold_norms(network: nn.Module, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of a folded copy of ``network`` (:func:`fold_norms`) as one of the network itself.

    Batch norms become the identity; a bias that was folded into a convolution that has none goes back into
    its norm. Weight and spectral norms get the tensors that give the plain weight. In evaluation mode the
    network then gives what the copy gave; :func:`settle_norms` makes it fit to be trained.
    """
    whole, own = dict(tensors), network.state_dict()
    for path, module in network.named_modules():
        weight = tensors.get(f"{path}.weight")
        if weight is not None and parametrize.is_parametrized(module, "weight"):
            for name, tensor in _parametrized(module, weight).items():
                whole[f"{path}.parametrizations.weight.{name}"] = tensor
        for conv_name, norm_name in _pairs(module):
            conv, name = (f"{path}.{each}".lstrip(".") for each in (conv_name, norm_name))
            bias, norm = tensors.get(f"{conv}.bias"), network.get_submodule(name)
            if bias is None or not isinstance(norm, nn.BatchNorm2d):
                continue
            whole[f"{name}.weight"] = torch.ones_like(bias)
            whole[f"{name}.bias"] = torch.zeros_like(bias) if f"{conv}.bias" in own else bias
            whole[f"{name}.running_mean"] = torch.zeros_like(bias)
            whole[f"{name}.running_var"] = torch.full_like(bias, 1 - norm.eps)
            whole[f"{name}.num_batches_tracked"] = own[f"{name}.num_batches_tracked"]
    return whole


def hold_norms(network: nn.Module) -> None:
    """Let batch norms use and keep the running statistics that they have, until the next ``train()``."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


@torch.no_grad()
def settle_norms(network: nn.Module, look: Callable[[], object]) -> int:
    """Give batch norms that :func:`unfold_norms` made the identity real running statistics, in place.

    Mean and variance are those of what the norms see, weight and bias undo them: in evaluation mode the
    network gives the same as before, and in training it hardly differs.

    Args:
        network: any number of its norms may be the identity.
        look: runs the network on pictures.

    Returns:
        How many norms were the identity.
    """
    idle = [
        module
        for module in network.modules()
        if isinstance(module, nn.BatchNorm2d)
        and isinstance(module.running_var, Tensor)
        and bool((module.running_var == torch.full_like(module.running_var, 1 - module.eps)).all())
    ]
    seen: dict[nn.Module, list[Tensor]] = {norm: [] for norm in idle}

    def note(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].double()
        seen[norm].append(torch.stack([x.mean((0, 2, 3)), x.square().mean((0, 2, 3))]))

    if not idle:
        return 0
    hooks = [norm.register_forward_pre_hook(note) for norm in idle]
    try:
        with evaluating(network):
            look()
    finally:
        for hook in hooks:
            hook.remove()
    for norm in idle:
        mean, square = torch.stack(seen[norm]).mean(0).float()
        variance = (square - mean.square()).clamp(min=0)
        assert isinstance(norm.running_mean, Tensor) and isinstance(norm.running_var, Tensor)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)
    return len(idle)


def _pairs(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Names of the children of ``module`` that are a convolution and the batch norm on its output."""
    named: tuple[tuple[str, str], ...] = getattr(module, "norm_pairs", ())
    if isinstance(module, nn.Sequential):
        named = (*named, *pairwise(name for name, _ in module.named_children()))
    for conv_name, norm_name in named:
        conv, norm = getattr(module, conv_name), getattr(module, norm_name)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            yield conv_name, norm_name


@torch.no_grad()
def _parametrized(module: nn.Module, weight: Tensor) -> dict[str, Tensor]:
    """The tensors from which weight or spectral norm computes a weight, by their names in it."""
    trial = copy.deepcopy(module).train()
    trial.weight = weight.clone()
    for _ in range(_POWER_ITERATIONS):  # a look at the weight in training is one of spectral norm's steps
        _ = trial.weight
    parts: nn.Module = trial.parametrizations["weight"]  # type: ignore[index,assignment]
    return parts.state_dict()


def _freeze_parametrized(module: nn.Module) -> None:
    """Replace computed tensors by their present values.

    ``remove_parametrizations`` would do, but it edits the module's generated class, which a deep copy shares
    with its original: the original would lose its weight.
    """
    names = list(module.parametrizations)  # type: ignore[arg-type]
    values = {name: getattr(module, name).detach().clone() for name in names}
    module.__class__ = type(module).__bases__[0]
    del module.parametrizations
    for name, value in values.items():
        module.register_parameter(name, nn.Parameter(value))
