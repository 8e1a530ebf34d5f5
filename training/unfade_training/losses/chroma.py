"""The loss of Colorize: between chroma planes, with more weight on saturated colours."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from .base import PictureLoss


class ChromaLoss(PictureLoss):
    """Smooth L1 between the chroma of two Lab pictures, ``[N, 3, H, W]`` of L* / 100, a* / 110, b* / 110.

    Most of a photograph is nearly gray, and the safest guess is a brownish gray: unweighted, a network gets
    no bolder than that. Each pixel counts ``1 + saturation * |c| / 0.5`` times, ``c`` its true chroma (0.5 is
    a vivid 55), which is the rebalancing of Zhang et al., "Colorful Image Colorization", ECCV 2016, in a
    continuous form. Huber's loss is that of Zhang et al., SIGGRAPH 2017, equation 2. The mean is a plain
    one, so that a batch's loss is the mean of its pictures' losses however many go through at once.

    Args:
        saturation: extra weight of a vivid pixel.
        beta: below this difference the loss is quadratic.
    """

    def __init__(self, saturation: float = 2.0, beta: float = 0.05) -> None:
        super().__init__()
        if saturation < 0 or beta <= 0:
            raise ValueError("saturation must be at least 0 and beta above 0.")
        self.saturation, self.beta = saturation, beta

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        found, wanted = output[:, 1:].float(), target[:, 1:].float()
        weight = 1 + self.saturation / 0.5 * wanted.norm(dim=1, keepdim=True)
        distance = F.smooth_l1_loss(found, wanted, beta=self.beta, reduction="none")
        return {"": (weight * distance).mean()}
