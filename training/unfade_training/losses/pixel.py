"""Losses on the pixels themselves: L1, L2 and Charbonnier."""

from __future__ import annotations

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
