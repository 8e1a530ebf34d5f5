"""Losses on the pixels themselves: L1, L2, Charbonnier and PSNR."""

from __future__ import annotations

import torch
from torch import Tensor

from .base import PictureLoss


class L1(PictureLoss):
    """``mean |y - t|``. Any shape and range."""

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {"": (output.float() - target.float()).abs().mean()}


class L2(PictureLoss):
    """``mean (y - t)^2``: what PSNR measures. Any shape and range."""

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {"": (output.float() - target.float()).square().mean()}


class Charbonnier(PictureLoss):
    """``mean sqrt((y - t)^2 + eps^2)``: L1 whose gradient fades where the error is below ``eps``.

    Lai et al., "Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution", CVPR 2017, section
    3.2 (Charbonnier et al. 1994); there ``eps = 1e-3`` on pictures in [0, 1].
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        super().__init__()
        if epsilon <= 0:
            raise ValueError(f"epsilon must be above 0, not {epsilon}.")
        self.epsilon = epsilon

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        difference = output.float() - target.float()
        return {"": (difference.square() + self.epsilon**2).sqrt().mean()}


class Psnr(PictureLoss):
    """``mean_n -PSNR_n``, in dB: every picture weighs the same, however small its error is.

    Under L1 and L2 the worst pictures of a batch outweigh the others, and a network for all JPEG qualities
    learns the low ones. Chen et al., "HINet", CVPRW 2021, section 3.4; there without ``most``. Pictures in
    [0, 1], any number of channels.

    Args:
        most: the PSNR in dB that no picture gets above: the nearer, the less there is to gain. Flat skies
            that are right already would outweigh all else.
    """

    def __init__(self, most: float = 50.0) -> None:
        super().__init__()
        if most <= 0:
            raise ValueError(f"most must be above 0, not {most}.")
        self.least_error = 10 ** (-most / 10)

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        errors = (output.float() - target.float()).square().mean(dim=(1, 2, 3))
        return {"": 10 * torch.log10(errors + self.least_error).mean()}
