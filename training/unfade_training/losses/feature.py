"""The lesson's perceptual loss: features and gram matrices of a frozen classifier."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor

from ..device import full_precision
from .backbones import ARCHITECTURES, Backbone
from .base import PictureLoss


def gram_matrix(features: Tensor) -> Tensor:
    """``x x^T / (c h w)`` of ``[N, C, H, W]`` -> ``[N, C, C]`` float32: which channels fire together.

    Gatys et al., "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016; scaled as Johnson
    et al., ECCV 2016.
    """
    n, c, h, w = features.shape
    x = features.float().reshape(n, c, h * w)
    with full_precision(x):
        return x @ x.transpose(1, 2) / (c * h * w)


class FeatureLoss(PictureLoss):
    """The perceptual loss of fast.ai's course v3, lesson 7.

    After Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016.

    With ``f_i`` the features of layer ``i``, ``w_i`` its weight, ``G`` the gram matrix and ``|.|`` the mean
    absolute value:

    ``pixel * |y - t| + sum_i w_i |f_i(y) - f_i(t)| + gram * sum_i w_i^2 5000 |G(f_i(y)) - G(f_i(t))|``

    where ``y``, ``t`` are normalised with ImageNet's mean and deviation, as in the lesson (so the first
    term is about 4.4 times the L1 on [0, 1]). Pictures are ``[N, 3, H, W]`` sRGB in [0, 1] with sides of at
    least 32 pixels.

    Args:
        backbone: ``vgg16_bn`` (the lesson's) or ``squeezenet`` (40 times cheaper; for CPUs).
        weights: file (or URL) with torchvision's key names; empty fetches torchvision's own by URL.
        taps: layers of ``features``; default the backbone's, for VGG16-bn those before the last three
            max-pools.
        tap_weights: ``w_i``; default the backbone's, for VGG16-bn the lesson's 5, 15, 2.
        pixel: weight of the first term; 0 leaves it off.
        gram: weight of the gram terms; 0 leaves them off (they make texture, and at times invent it).
        jitter: both pictures lose up to so many pixels less one at their upper and left edge, drawn anew each
            time. A backbone looks at every second pixel first, and a generator whose sub-pixels always lie
            alike under those strides learns a weave that this backbone takes for texture; 0 or 1 leaves the
            pictures whole.
        mixed: let the backbone run in autocast's precision. Off, it runs in float32, because the difference
            between the features of two good pictures is as small as bfloat16's rounding.
    """

    of_rgb = True
    GRAM_SCALE = 5e3

    def __init__(
        self,
        backbone: str = "vgg16_bn",
        weights: str = "",
        taps: tuple[int, ...] = (),
        tap_weights: tuple[float, ...] = (),
        pixel: float = 1.0,
        gram: float = 1.0,
        jitter: int = 0,
        mixed: bool = False,
    ) -> None:
        super().__init__()
        self.backbone = open_backbone(backbone, weights, taps)
        if not tap_weights:
            if taps:
                raise ValueError("taps of your own need tap_weights of your own, one each.")
            tap_weights = ARCHITECTURES[backbone].tap_weights
        if len(tap_weights) != len(self.backbone.taps):
            raise ValueError(
                f"{len(self.backbone.taps)} taps need as many tap_weights, not {len(tap_weights)}."
            )
        self.tap_weights = tap_weights
        if jitter < 0:
            raise ValueError(f"jitter must be at least 0, not {jitter}.")
        self.pixel, self.gram, self.jitter, self.mixed = pixel, gram, jitter, mixed

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        """``pixel``, ``feat_0..``, ``gram_0..`` (the lesson's names); those of weight 0 are not there."""
        output, target = self.backbone.normalise(output), self.backbone.normalise(target)
        terms: dict[str, Tensor] = {}
        if self.pixel:
            terms["pixel"] = self.pixel * (output - target).abs().mean()
        if self.jitter > 1:
            top, left = torch.randint(self.jitter, (2,)).tolist()
            output, target = output[..., top:, left:], target[..., top:, left:]
        with nullcontext() if self.mixed else full_precision(output):
            with torch.no_grad():
                wanted = self.backbone(target)
            found = self.backbone(output)
        for i, (w, a, b) in enumerate(zip(self.tap_weights, found, wanted, strict=True)):
            terms[f"feat_{i}"] = w * (a.float() - b.float()).abs().mean()
        if self.gram:
            for i, (w, a, b) in enumerate(zip(self.tap_weights, found, wanted, strict=True)):
                difference = (gram_matrix(a) - gram_matrix(b)).abs().mean()
                terms[f"gram_{i}"] = self.gram * w**2 * self.GRAM_SCALE * difference
        return terms


def open_backbone(name: str, weights: str, taps: tuple[int, ...] = ()) -> Backbone:
    """A pretrained backbone by name, from a file or (``weights`` empty) by URL."""
    if name not in ARCHITECTURES:
        raise ValueError(f"backbone must be {' or '.join(ARCHITECTURES)}, not {name!r}.")
    backbone = Backbone(name, taps or ARCHITECTURES[name].taps)
    return backbone.load(str(Path(weights).expanduser()) if weights and "://" not in weights else weights)
