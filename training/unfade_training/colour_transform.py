"""What a generator's tensors mean: pictures as they are, or chroma beside lightness and hints.

Data, checkpoints and validation know pictures of 8 bits; networks and losses see what the colour transform of
the task makes of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor

from .colour import CHROMA, gray_to_lightness, lab_to_rgb, rgb_to_lab
from .data import Batch
from .degradations import NEUTRAL


class ColourTransform(ABC):
    """Between 8-bit pictures and the tensors of one kind of generator.

    Attributes:
        judges: the scores of finished pictures (:func:`unfade_training.metrics.validate`) that a recipe may
            go by.
    """

    judges: tuple[str, ...]

    def batch(self, batch: Batch) -> Batch:
        """What network and losses get, from values in [0, 1] (:meth:`Batch.to_unit`)."""
        return Batch(self.inputs(batch.picture), self.targets(batch.target), batch.mask)

    @abstractmethod
    def inputs(self, picture: Tensor) -> Tensor:
        """The network's input: from ``[N, C, H, W]`` in [0, 1], as the degradation makes it."""

    @abstractmethod
    def targets(self, target: Tensor) -> Tensor:
        """What losses and critics compare with: from ``[N, 3, H, W]`` sRGB in [0, 1]."""

    @abstractmethod
    def output(self, output: Tensor, target: Tensor) -> Tensor:
        """What losses and critics compare with ``target`` (of :meth:`targets`), from the network's output."""

    def fake(self, output: Tensor, target: Tensor) -> Tensor:
        """What a critic is to tell from ``target``: :meth:`output` without further channels, in the target's
        precision."""
        return self.output(output, target)[:, : target.shape[1]].to(target.dtype)

    @abstractmethod
    def rgb(self, compared: Tensor) -> Tensor:
        """``[N, 3, H, W]`` sRGB, differentiable, of what losses and critics compare: for losses that look as
        people do."""

    @abstractmethod
    def picture(self, output: Tensor, inputs: Tensor) -> Tensor:
        """``[N, 3, H, W]`` sRGB about in [0, 1] (and further channels of the output) for people and scores,
        from the network's output for ``inputs``."""

    @abstractmethod
    def shown(self, inputs: Tensor) -> Tensor:
        """``[N, 3, H, W]`` sRGB in [0, 1]: the network's input for people."""


class Rgb(ColourTransform):
    """RGB in (and where to look), RGB out (and a mask): everything stays as it is."""

    judges: tuple[str, ...] = ("psnr_y", "mask_iou", "lpips")

    def inputs(self, picture: Tensor) -> Tensor:
        return picture

    def targets(self, target: Tensor) -> Tensor:
        return target

    def output(self, output: Tensor, target: Tensor) -> Tensor:  # noqa: ARG002
        return output

    def rgb(self, compared: Tensor) -> Tensor:
        return compared

    def picture(self, output: Tensor, inputs: Tensor) -> Tensor:  # noqa: ARG002
        return output

    def shown(self, inputs: Tensor) -> Tensor:
        return inputs[:, :3]


class Tones(Rgb):
    """The same for Revive, which is scored by how colours look, too."""

    judges = ("psnr_y", "delta_e_2000", "lpips")


class Chroma(ColourTransform):
    """Lightness and colour hints in, chroma out; for Colorize.

    The network gets L* / 100, the hints' a* / 110 and b* / 110 (0 where there is none) and their mask, and
    gives a* / 110 and b* / 110 at ``1 / stride`` of the size (and perhaps an embedding). Losses and critics
    compare Lab pictures of that smaller size, both with the target's lightness.

    Args:
        stride: of the network's output.
    """

    judges = ("delta_e", "lpips")

    def __init__(self, stride: int) -> None:
        self.stride = stride

    def inputs(self, picture: Tensor) -> Tensor:
        gray, ab, mask = picture[:, :1], picture[:, 1:3], picture[:, 3:]
        hints = (ab * 255 - NEUTRAL) / CHROMA * mask
        return _channels_last(torch.cat([gray_to_lightness(gray), hints, mask], dim=1))

    def targets(self, target: Tensor) -> Tensor:
        small = F.avg_pool2d(rgb_to_lab(target), self.stride, ceil_mode=True, count_include_pad=False)
        return _channels_last(small)

    def output(self, output: Tensor, target: Tensor) -> Tensor:
        return torch.cat([target[:, :1], output[:, :2].float()], dim=1)

    def rgb(self, compared: Tensor) -> Tensor:
        return lab_to_rgb(compared)

    def picture(self, output: Tensor, inputs: Tensor) -> Tensor:
        light = inputs[:, :1]
        ab = F.interpolate(output[:, :2].float(), size=light.shape[-2:], mode="bilinear", align_corners=False)
        return lab_to_rgb(torch.cat([light, ab], dim=1))

    def shown(self, inputs: Tensor) -> Tensor:
        return lab_to_rgb(inputs[:, :3])


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)
