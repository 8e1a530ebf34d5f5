"""The weave of sub-pixels: a price on what repeats with the period of a generator's enlargement."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .base import PictureLoss


class Weave(PictureLoss):
    """How much of ``y - t`` repeats every ``period`` pixels: ``mean |p - mean(p)|`` where ``p`` is the mean
    over all cells of ``period`` x ``period`` pixels in a window.

    A sub-pixel convolution can give each place within a cell a little offset of its own (Aitken et al. 2017,
    arXiv:1707.02937, on why it likes to), and losses that look through strides may even reward it. It is a
    thousandth of the pixels' error and yet what eyes see first on a wall or in the sky. Anything else
    averages out over the cells of a window.

    Args:
        period: of the cells: the network's enlargement.
        window: pixels a side of what is averaged over, a multiple of ``period``. What is left over at the
            right and below is not looked at.
    """

    def __init__(self, period: int = 4, window: int = 32) -> None:
        super().__init__()
        if period < 2 or window % period or window <= period:
            raise ValueError(
                "period must be at least 2, and window a multiple of it and larger, "
                f"not {period} and {window}."
            )
        self.period, self.window = period, window

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        """``[N, C, H, W]`` twice, H and W of at least ``period``; a window is no larger than the picture."""
        height, width = (side // self.period * self.period for side in output.shape[-2:])
        difference = (output.float() - target.float())[..., :height, :width]
        cells = F.pixel_unshuffle(difference, self.period)  # places within a cell become channels
        pattern = F.avg_pool2d(cells, [min(self.window // self.period, side) for side in cells.shape[-2:]])
        places = pattern.reshape(*output.shape[:2], self.period**2, -1)
        return {"": (places - places.mean(2, keepdim=True)).abs().mean()}
