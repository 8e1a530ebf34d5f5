"""What a loss is: named terms in float32, the weighted sum of several, and that of a picture with its mask;
and the losses that compare pixels.

Differences of bfloat16 pictures are mostly rounding, and their means lose more still, so every loss casts to
float32 first (:mod:`unfade_training.device`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..colour import delta_e_2000, rgb_to_lab
from ..device import full_precision

INK = 0.05
"""Opacity from which on a pixel counts as marked: below it nobody sees the mark."""
SMOOTH = 100.0
"""Pixels added to both sides of Dice, so that a picture without a mark asks for an empty mask, gently."""


class PictureLoss(nn.Module, ABC):
    """How far a generated picture is from its target, as one or more named terms whose sum is the loss.

    Attributes:
        of_rgb: whether the pictures must be sRGB in [0, 1]. The others take the colour space in which the
            task compares pictures, which for Colorize is Lab.
    """

    of_rgb: ClassVar[bool] = False

    @abstractmethod
    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Name -> scalar, weights applied.

        A loss of one term calls it ``""``, so that the recipe's name for the loss is the term's name.

        Args:
            output: ``[N, C, H, W]``, what the generator made.
            target: ``[N, C, H, W]``, what it should have made.
        """

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The sum of :meth:`terms`: a float32 scalar."""
        return torch.stack(list(self.terms(output, target).values())).sum()


class LossValue(NamedTuple):
    """A loss and what it is made of.

    Attributes:
        total: float32 scalar to call ``backward()`` on.
        terms: name (``l1``, ``feature/gram_1``) -> detached scalar, weights applied; they sum to ``total``.
    """

    total: Tensor
    terms: dict[str, Tensor]


class WeightedLoss(nn.Module):
    """``sum_k weight_k * loss_k(output, target)``."""

    def __init__(self, losses: Mapping[str, PictureLoss], weights: Mapping[str, float]) -> None:
        super().__init__()
        self.losses = nn.ModuleDict(losses)
        self.weights = dict(weights)

    def forward(
        self, output: Tensor, target: Tensor, rgb: Callable[[Tensor], Tensor] = lambda picture: picture
    ) -> LossValue:
        """The weighted sum.

        Args:
            output: ``[N, C, H, W]``, what the generator made.
            target: ``[N, C, H, W]``, what it should have made.
            rgb: turns either into ``[N, 3, H, W]`` sRGB, for the losses that need it.
        """
        terms: dict[str, Tensor] = {}
        compared = shown = output, target
        if any(loss.of_rgb for loss in self.losses.values()):
            shown = rgb(output), rgb(target)
        for name, loss in self.losses.items():
            assert isinstance(loss, PictureLoss)
            for part, value in loss.terms(*(shown if loss.of_rgb else compared)).items():
                terms[f"{name}/{part}" if part else name] = self.weights[name] * value
        total = torch.stack(list(terms.values())).sum()
        return LossValue(total, {name: value.detach() for name, value in terms.items()})


def content_loss(
    loss: WeightedLoss,
    output: Tensor,
    target: Tensor,
    mask: Tensor | None,
    mask_weight: float,
    rgb: Callable[[Tensor], Tensor],
) -> LossValue:
    """The loss of a picture and, where the network has them as further outputs, of its mask and its opacity.

    Args:
        loss: of the pictures.
        output: ``[N, C (+ 1 (+ 1, or C)), H, W]``, the picture's channels first, then the mask; one channel
            behind it is the opacity of what the mask is of.
        target: ``[N, C, H, W]``.
        mask: ``[N, 1, H, W]``, where something was drawn; None where nothing can have been.
        mask_weight: of :func:`mask_terms`.
        rgb: see :class:`WeightedLoss`.
    """
    channels = target.shape[1]
    value: LossValue = loss(output[:, :channels], target, rgb)
    if output.shape[1] == channels or mask is None:
        return value
    found = mask_terms(output[:, channels : channels + 1], mask)
    if output.shape[1] == channels + 2:
        found["opacity"] = opacity_term(output[:, channels + 1 :], mask)
    terms = {f"mask/{name}": mask_weight * term for name, term in found.items()}
    total = value.total + sum(terms.values())
    return LossValue(total, {**value.terms, **{name: term.detach() for name, term in terms.items()}})


def mask_terms(found: Tensor, wanted: Tensor) -> dict[str, Tensor]:
    """Cross-entropy and soft Dice of a mask, both about 0 to 1.

    Most of a picture has no mark, and cross-entropy alone is content with an empty mask; Dice (Milletari et
    al., "V-Net", 2016) counts the overlap and does not care how much is empty. The target is the mark's
    opacity, which for faint marks is small, so what is asked for is whether there is any ink at all. Where
    the opacity is above 0 and at most :data:`INK` either answer is right, and counts in neither.

    Args:
        found: ``[N, 1, H, W]`` in [0, 1].
        wanted: the same, opacity.
    """
    with full_precision(found):
        inked, judged = (wanted > INK).float(), _judged(wanted)
        found = found.float() * judged
        overlap = (found * inked).sum((1, 2, 3))
        size = found.sum((1, 2, 3)) + inked.sum((1, 2, 3))
        return {
            "bce": F.binary_cross_entropy(found, inked),  # 0 where neither counts
            "dice": (1 - (2 * overlap + SMOOTH) / (size + SMOOTH)).mean(),
        }


def opacity_term(named: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of an opacity, ``[N, 1, H, W]`` in [0, 1]; where it is faint any answer is right."""
    with full_precision(named):
        return F.binary_cross_entropy(named.float(), wanted.float(), weight=_judged(wanted))


def _judged(wanted: Tensor) -> Tensor:
    """1 where an opacity is 0 or can be seen, else 0."""
    return ((wanted > INK) | (wanted <= 0)).float()


class Tally:
    """The mean of each of some scalars over the steps in which it was told; they stay on their device."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, scalars: Mapping[str, Tensor]) -> None:
        """The values of another step."""
        for name, value in scalars.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def take(self, number: Callable[[Tensor], float]) -> dict[str, float]:
        """The means, made numbers by ``number``, and begin anew."""
        means = {name: number(total / self._counts[name]) for name, total in self._sums.items()}
        self._sums.clear()
        self._counts.clear()
        return means


# On pixels: differences, PSNR, spectra, roughness, checkerboard patterns, chroma. None needs a network; each
# is a mean, so that its weight does not depend on the size of patch or batch.


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
