"""Figures of a network: parameters, multiplications a pixel, receptive radius.

The receptive radius is found by tracing. A tensor of ones and zeros (:class:`Influence`) goes through the
network's own ``forward``; each operation is replaced by one that asks only which of its inputs an output
looks at. Every weight counts as non-zero, activations and norms are the identity, a sum and a product depend
on what either side depends on. So nothing cancels, saturates or underflows, and the answer is exact for the
structure of the network whatever its weights are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._pytree import tree_map
from torch.utils.flop_counter import FlopCounterMode

from ..errors import TrainingError
from .norms import evaluating

PROBED_AT_ONCE = 2**18
"""Pixels of pictures that are probed together: bounds the memory."""


def count_parameters(network: nn.Module) -> int:
    """Weights and biases; not the running statistics of batch norms."""
    return sum(parameter.numel() for parameter in network.parameters())


def macs_per_pixel(network: nn.Module, size: int = 256, in_channels: int | None = None) -> float:
    """Multiply-accumulates of convolutions and matrix products, divided by the pixels of a ``size`` x
    ``size`` input.

    Counted on shapes only, without computing anything. ``size`` should be a multiple of the network's size
    multiple, else the padding inside is counted too.
    """
    shapes = copy.deepcopy(network).to("meta").eval()
    x = torch.empty(1, _channels(network, in_channels), size, size, device="meta")
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        shapes(x)
    return int(counter.get_total_flops()) / 2 / size**2


def receptive_radius(
    network: nn.Module,
    size_multiple: int = 1,
    scale: float = 1,
    *,
    in_channels: int | None = None,
    largest: int = 8192,
) -> int:
    """The distance in input pixels beyond which the input cannot influence an output pixel: a tile's halo.

    Where ``scale`` is above 1, the output pixels of an input pixel are those of its square; below 1, an
    output pixel stands for a square of input pixels, and the distance is from the square's nearest edge. The
    network is probed with every pixel of a whole period of ``size_multiple`` pixels, across and down (see
    :class:`Influence`), so the answer is exact, also for strided networks and lopsided paddings.

    Args:
        network: fully convolutional; N C H W -> N C' H*scale W*scale for H and W multiples of
            ``size_multiple``.
        in_channels: unless given, the network's attribute of that name, else 3.
        largest: the widest picture to try.

    Raises:
        TrainingError: an output depends on the whole picture (self-attention, global pooling), the output's
            size is another than ``scale`` says, or the network uses an operation that cannot be traced.
    """
    channels, ratio = _channels(network, in_channels), Fraction(scale).limit_denominator(64)
    with torch.no_grad(), evaluating(network):
        return max(
            _reach(network, channels, size_multiple, ratio, largest, transposed)
            for transposed in (False, True)
        )


def _channels(network: nn.Module, in_channels: int | None) -> int:
    return int(getattr(network, "in_channels", 3)) if in_channels is None else in_channels


def _reach(
    network: nn.Module, channels: int, multiple: int, ratio: Fraction, largest: int, transposed: bool
) -> int:
    """The radius along one axis, in pictures as long as it takes to see no influence at their ends."""
    periods = -(-64 // multiple) + 2
    while (length := periods * multiple) <= largest:
        first = periods // 2 * multiple
        at_once = max(1, PROBED_AT_ONCE // (multiple * length))
        radius = 0
        for start in range(first, first + multiple, at_once):
            centres = range(start, min(start + at_once, first + multiple))
            touched = _touched(network, channels, multiple, length, centres, ratio, transposed)
            if touched[:, [0, -1]].any():
                break
            radius = max(radius, *map(partial(_distance, ratio), touched, centres))
        else:
            return radius
        periods *= 2
    raise TrainingError(
        f"The network sees more than {largest // 4} pixels far, or the whole picture (self-attention?), "
        "and cannot be tiled exactly."
    )


def _touched(
    network: nn.Module,
    channels: int,
    multiple: int,
    length: int,
    centres: range,
    ratio: Fraction,
    transposed: bool,
) -> Tensor:
    """(lines, output length): which outputs along the axis depend on each of the lines across the input."""
    x = torch.zeros(len(centres), channels, multiple, length)
    for number, centre in enumerate(centres):
        x[number, ..., centre] = 1
    if transposed:
        x = x.transpose(2, 3).contiguous()
    y = network(x.as_subclass(Influence)).as_subclass(Tensor)
    touched: Tensor = y.amax((1, 3 if transposed else 2)) > 0
    if touched.shape[1] != length * ratio:
        raise TrainingError(
            f"The network makes {touched.shape[1]} pixels of {length}, "
            f"which is not the scale {float(ratio):g}."
        )
    return touched


def _distance(ratio: Fraction, touched: Tensor, centre: int) -> int:
    """From a line of input pixels to the farthest that an output pixel which depends on it stands for."""
    outputs = touched.nonzero().flatten().tolist()
    if not outputs:
        return 0
    # the last input pixel that the first touched output pixel stands for, and the first of the last one
    first, last = -(-(outputs[0] + 1) // ratio) - 1, outputs[-1] // ratio
    return max(0, int(centre - first), int(last - centre))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# One value in, one value out: depends on what it depended on.
_POINTWISE = _names("""
    relu relu_ relu6 leaky_relu leaky_relu_ prelu elu selu celu gelu silu mish softplus softsign
    hardtanh hardswish hardsigmoid sigmoid tanh clamp clamp_ clip neg __neg__ abs sqrt rsqrt square exp log
    round pow __pow__ batch_norm dropout dropout2d feature_dropout alpha_dropout
    contiguous clone detach to float double half bfloat16 type type_as
""")
_BINARY = _names("""
    add add_ __add__ __radd__ __iadd__ sub sub_ rsub __sub__ __rsub__ __isub__
    mul mul_ __mul__ __rmul__ __imul__ div div_ true_divide __truediv__ __rtruediv__ __itruediv__
    maximum minimum lerp where
""")
# The same for each channel, on non-negative numbers: the operation itself gives the answer.
_CHANNELWISE = _names("""
    avg_pool2d max_pool2d adaptive_avg_pool2d adaptive_max_pool2d pad interpolate upsample
""")
# Selections, rearrangements and means.
_AS_IT_IS = _names("""
    __get__ size dim numel is_contiguous is_floating_point cat concat concatenate stack reshape view flatten
    unflatten permute transpose movedim squeeze unsqueeze expand expand_as repeat repeat_interleave chunk
    split tensor_split narrow select __getitem__ unbind roll flip pixel_shuffle pixel_unshuffle
    channel_shuffle mean sum amax
""")
# Statistics over the whole picture, or over all positions.
_MIXING = _names("""
    softmax matmul __matmul__ bmm scaled_dot_product_attention instance_norm group_norm layer_norm
""")


class Influence(Tensor):
    """N C H W of ones where a value depends on the probed pixel, else zeros."""

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            return tree_map(_wrap, _trace(func, args, dict(kwargs or {})))


def _wrap(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    if _is_uniform(value):
        return value[:, :1].ne(0).float().expand(value.shape).as_subclass(Influence)
    return value.ne(0).float().as_subclass(Influence)


def _plain(value: Any) -> Any:
    return value.as_subclass(Tensor) if isinstance(value, Influence) else value


def _is_uniform(x: Tensor) -> bool:
    """Whether all channels are one and the same memory; the work is then done on one of them."""
    return x.dim() == 4 and x.shape[1] > 1 and x.stride(1) == 0


def _trace(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    name = func.__name__
    if name in _POINTWISE:  # of a constant too, as in mean.type_as(x)
        return _plain(args[0]) if isinstance(args[0], Influence) else torch.zeros_like(args[0])
    if name in _BINARY:
        return _union([value for value in args if isinstance(value, Tensor)])
    args, kwargs = tree_map(_plain, args), tree_map(_plain, kwargs)
    if name == "conv2d":
        return _convolve(*args, **kwargs)
    if name == "conv_transpose2d":
        x, weight, _, *rest = args  # the module passes all of them by position
        return func(x, torch.ones_like(weight), None, *rest, **kwargs)
    if name in _CHANNELWISE:
        return _channelwise(func, *args, **kwargs)
    if name in _MIXING:
        return _mix(func(*args, **kwargs), args)
    if name == "pixel_shuffle" and _is_uniform(args[0]):
        x, factor = args
        enlarged = x[:, :1].repeat_interleave(factor, 2).repeat_interleave(factor, 3)
        return enlarged.expand(-1, x.shape[1] // factor**2, -1, -1)
    if name in _AS_IT_IS:
        return func(*args, **kwargs)
    raise TrainingError(
        f"What a pixel influences cannot be worked out: the operation {name} is not known here."
    )


def _union(values: list[Tensor]) -> Tensor:
    """Of the traced operands; constants influence nothing, but may broadcast."""
    total, shape = torch.zeros(()), torch.zeros((), device="meta")
    for value in values:
        part = _plain(value) if isinstance(value, Influence) else torch.zeros(()).expand(value.shape)
        total = total + (part[:, :1] if _is_uniform(part) else part)
        shape = shape + torch.empty(value.shape, device="meta")
    return total.expand(shape.shape)


def _channelwise(func: Callable[..., Any], x: Tensor, *rest: Any, **options: Any) -> Tensor:
    if func is F.pad:
        options.pop("value", None)  # what is padded with depends on nothing
        rest = rest[:2]
    y: Tensor = func(x[:, :1] if _is_uniform(x) else x, *rest, **options)
    y = y.abs()  # bicubic kernels have negative lobes
    return y.expand(-1, x.shape[1], -1, -1) if _is_uniform(x) else y


def _mix(result: Tensor, args: tuple[Any, ...]) -> Tensor:
    """All of a sample depends on all of it: true of attention, and never too little for the others."""
    seen = torch.zeros_like(result)
    for value in args:
        if isinstance(value, Tensor) and value.shape[:1] == result.shape[:1]:
            seen += value.flatten(1).amax(1).view(-1, *[1] * (result.dim() - 1))
    return seen


def _convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,  # noqa: ARG001 - a constant
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    if groups > 1 and not _is_uniform(x):
        return F.conv2d(x, torch.ones_like(weight), None, stride, padding, dilation, groups)
    seen = x[:, :1] if _is_uniform(x) else x.amax(1, keepdim=True)
    seen = F.conv2d(seen, torch.ones(1, 1, *weight.shape[2:]), None, stride, padding, dilation)
    return seen.expand(-1, weight.shape[0], -1, -1)
