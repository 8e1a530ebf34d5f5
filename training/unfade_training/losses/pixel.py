"""Losses on pixels: differences, PSNR, spectra, roughness, checkerboard patterns and chroma.

None needs a network; each is a mean, so that its weight does not depend on the size of patch or batch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..colour import delta_e_2000, rgb_to_lab
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


class Frequency(PictureLoss):
    """``mean |F(y) - F(t)|`` over real and imaginary parts of the orthonormal 2-D real FFT of each channel.

    Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring" (MIMO-UNet), ICCV 2021,
    equation 6: there added to L1 with weight 0.1. Orthonormal scaling makes the value about as large as the
    pixels' L1 and independent of the patch size.
    """

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        spectrum = torch.fft.rfft2(output.float() - target.float(), norm="ortho")
        return {"": torch.view_as_real(spectrum).abs().mean()}


class TotalVariation(PictureLoss):
    """``mean |y[i+1, j] - y[i, j]| + mean |y[i, j+1] - y[i, j]|`` of the output; the target is not looked at.

    The anisotropic form of Rudin, Osher, Fatemi, "Nonlinear total variation based noise removal
    algorithms", Physica D 1992, as a mean, so that its weight does not depend on the patch size. ``[N, C,
    H, W]`` with H, W of at least 2.
    """

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:  # noqa: ARG002
        y = output.float()
        return {"": y.diff(dim=-2).abs().mean() + y.diff(dim=-1).abs().mean()}


class Checkerboard(PictureLoss):
    """How much of ``y - t`` repeats every ``period`` pixels: ``mean |p - mean(p)|`` where ``p`` is the mean
    over all cells of ``period`` x ``period`` pixels in a window. ``[N, C, H, W]``, any range.

    A sub-pixel convolution can give each position within a cell a little offset of its own (Aitken et al.
    2017, arXiv:1707.02937), and losses on strided features may even reward it. It is a thousandth of the
    pixels' error and yet what eyes see first on a wall or in the sky. Anything else averages out over the
    cells of a window.

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


class DeltaE(PictureLoss):
    """``mean dE / 100``, the CIEDE2000 colour difference: N 3 H W sRGB in [0, 1]; what is beyond counts as
    clipped, and as far as it is beyond.

    The plain distance in L*a*b* would weigh vivid colours several times as much as people do.

    Args:
        every: only so many pixels, a side, are looked at: neighbours say nearly the same.
    """

    of_rgb = True

    def __init__(self, every: int = 1) -> None:
        super().__init__()
        if every < 1:
            raise ValueError(f"every must be at least 1, not {every}.")
        self.every = every

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        output, target = (x[..., :: self.every, :: self.every].float() for x in (output, target))
        inside = output.clamp(0, 1)
        # the gradient of Lab is steep near black, and none beyond the range: plain distance there
        distance = delta_e_2000(rgb_to_lab(inside.clamp(min=1e-3)), rgb_to_lab(target.clamp(min=1e-3)))
        return {"": distance.mean() / 100, "beyond": (output - inside).abs().mean()}


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
