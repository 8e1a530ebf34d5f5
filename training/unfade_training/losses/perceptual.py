"""Perceptual distances: the lesson's feature loss, and LPIPS, which validation is scored by."""

from __future__ import annotations

import os
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ..device import full_precision
from ..errors import TrainingError
from ..networks import load_state
from .backbones import ARCHITECTURES, open_backbone
from .base import PictureLoss

LPIPS_TAPS = (1, 4, 7, 9, 10, 11, 12)
EPSILON = 1e-10


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
        jitter: both pictures are cropped by 0 to ``jitter - 1`` pixels at their upper and left edge, drawn
            anew each time. A backbone looks at every second pixel first, and a generator whose sub-pixels
            always lie alike under those strides learns a checkerboard that this backbone takes for texture;
            0 or 1 leaves the pictures whole.
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


class StyleLoss(PictureLoss):
    """The content of the target in the style of another picture: Johnson et al., "Perceptual Losses for
    Real-Time Style Transfer and Super-Resolution", ECCV 2016, with :class:`FeatureLoss`'s terms.

    ``content * w_c |f_c(y) - f_c(t)| + style * sum_i w_i^2 5000 |G(f_i(y)) - G(f_i(s))|``

    where ``s`` is the style picture: what is where comes from the target, which features appear together from
    the style. Pictures are ``[N, 3, H, W]`` sRGB in [0, 1] with sides of at least 32 pixels.

    Args:
        picture: file of the style picture.
        side: of its longer side in pixels: how large its strokes are against the photographs' patches.
        content: weight of the first term.
        style: weight of the others.
        content_tap: which of the backbone's taps tells the content, from 0.
        backbone, weights: as of :class:`FeatureLoss`.

    Raises:
        TrainingError: the picture or the weights cannot be read.
    """

    of_rgb = True

    def __init__(
        self,
        picture: str,
        side: int = 256,
        content: float = 1.0,
        style: float = 1.0,
        content_tap: int = 2,
        backbone: str = "squeezenet",
        weights: str = "",
    ) -> None:
        super().__init__()
        self.backbone = open_backbone(backbone, weights)
        self.tap_weights = ARCHITECTURES[backbone].tap_weights
        if not 0 <= content_tap < len(self.tap_weights):
            raise ValueError(f"content_tap must be 0 to {len(self.tap_weights) - 1}, not {content_tap}.")
        self.content, self.style, self.content_tap = content, style, content_tap
        try:
            with Image.open(picture) as image:
                image.thumbnail((side, side), Image.Resampling.LANCZOS)
                pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None] / 255
        except (OSError, ValueError) as error:
            raise TrainingError(f"The style picture {picture} cannot be read.") from error
        with torch.no_grad():
            for i, features in enumerate(self.backbone(self.backbone.normalise(pixels))):
                self.register_buffer(f"style_{i}", gram_matrix(features), persistent=False)

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        """``content``, ``gram_0..``."""
        with full_precision(output):
            found = self.backbone(self.backbone.normalise(output))
            with torch.no_grad():
                wanted = self.backbone(self.backbone.normalise(target))[self.content_tap]
        weight = self.content * self.tap_weights[self.content_tap]
        terms = {"content": weight * (found[self.content_tap].float() - wanted.float()).abs().mean()}
        for i, (w, features) in enumerate(zip(self.tap_weights, found, strict=True)):
            difference = (gram_matrix(features) - self.get_buffer(f"style_{i}")).abs().mean()
            terms[f"gram_{i}"] = self.style * w**2 * FeatureLoss.GRAM_SCALE * difference
        return terms


class Lpips(nn.Module):
    """LPIPS v0.1 with SqueezeNet: ``sum_l mean_hw sum_c lin_lc (u_lc(a) - u_lc(b))^2``.

    ``u`` are features normalised to length 1 at every pixel and ``lin`` are weights learnt from people's
    judgements. 0 for equal pictures; lower is better. Zhang et al., "The Unreasonable Effectiveness of Deep
    Features as a Perceptual Metric", CVPR 2018.

    Args:
        backbone_weights: SqueezeNet 1.1 in torchvision's names (``.pth`` or ``.safetensors``); empty
            fetches it by URL.
        linear_weights: the ``squeeze.pth`` of the PyPI package ``lpips``; empty takes the installed
            package's.
    """

    def __init__(self, backbone_weights: str = "", linear_weights: str = "") -> None:
        super().__init__()
        self.backbone = open_backbone("squeezenet", backbone_weights, LPIPS_TAPS)
        path = Path(linear_weights).expanduser() if linear_weights else installed_linear_weights()
        state = load_state(path)
        try:
            linear = [
                state[f"lin{i}.model.1.weight"].float().reshape(1, -1, 1, 1) for i in range(len(LPIPS_TAPS))
            ]
        except KeyError as error:
            raise TrainingError(
                f"{path} does not hold LPIPS's linear layers for SqueezeNet ({error} is missing)."
            ) from error
        for i, weight in enumerate(linear):
            self.register_buffer(f"linear_{i}", weight, persistent=False)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Distance of each pair: ``[N, 3, H, W]`` sRGB in [0, 1], sides of at least 32 -> ``[N]`` float32."""
        with full_precision(a):
            pairs = zip(
                self.backbone(self.backbone.normalise(a)),
                self.backbone(self.backbone.normalise(b)),
                strict=True,
            )
            layers = []
            for i, (x, y) in enumerate(pairs):
                weight = self.get_buffer(f"linear_{i}")
                layers.append(((_unit(x) - _unit(y)).square() * weight).sum(1).mean((1, 2)))
            return torch.stack(layers).sum(0)


class LpipsLoss(PictureLoss):
    """The mean LPIPS of a batch as a training loss; see :class:`Lpips`.

    A generator that is trained on it and judged by it is judged too kindly: watch another score as well.
    """

    of_rgb = True

    def __init__(self, backbone_weights: str = "", linear_weights: str = "") -> None:
        super().__init__()
        self.metric = Lpips(backbone_weights, linear_weights)

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        return {"": self.metric(output, target).mean()}


class LpipsOnnx:
    """LPIPS from an ``.onnx`` file with inputs ``a`` and ``b`` (NCHW RGB in [0, 1]); for validation only.

    Raises:
        TrainingError: the file is missing, or is not such a model.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # its wheels report home otherwise
        import onnxruntime

        if not path.is_file():
            raise TrainingError(f"There is no LPIPS model at {path}; check the recipe.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise TrainingError(f"{path} cannot be opened as an ONNX model ({str(error)[:120]}).") from error
        names = {tensor.name for tensor in self._session.get_inputs()}
        if names != {"a", "b"}:
            raise TrainingError(f"{path} has the inputs {', '.join(sorted(names))}; LPIPS needs a and b.")

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Distance of each pair: ``[N, 3, H, W]`` sRGB in [0, 1] -> ``[N]`` float32 on the CPU."""
        # One pair at a time: the file's batch is 1, and validation pictures differ in size anyway.
        return torch.cat(
            [
                torch.as_tensor(self._session.run(None, {"a": x, "b": y})[0]).reshape(1)
                for x, y in zip(_single(a), _single(b), strict=True)
            ]
        )


def open_lpips(weights: str, linear_weights: str = "") -> Lpips | LpipsOnnx:
    """The validation metric: an ``.onnx`` file runs in ONNX Runtime, SqueezeNet's weights in torch.

    Both take ``[N, 3, H, W]`` sRGB in [0, 1] twice and give ``[N]``. An empty ``weights`` fetches
    SqueezeNet by URL.
    """
    if weights.endswith(".onnx"):
        return LpipsOnnx(Path(weights).expanduser())
    return Lpips(weights, linear_weights).eval()


def installed_linear_weights() -> Path:
    """``squeeze.pth`` of the installed package ``lpips``, which is not imported: that needs torchvision."""
    try:
        files = metadata.files("lpips") or []
    except metadata.PackageNotFoundError as error:
        raise TrainingError(
            "LPIPS needs its linear layers: pip install --no-deps lpips, or name its squeeze.pth with "
            "linear_weights=."
        ) from error
    for file in files:
        if file.parts[-3:] == ("weights", "v0.1", "squeeze.pth"):
            return Path(str(file.locate()))
    raise TrainingError(
        "The installed package lpips lacks weights/v0.1/squeeze.pth; name it with linear_weights=."
    )


def _unit(features: Tensor) -> Tensor:
    """Features divided by their length at every pixel; at 0 the root has no gradient."""
    length = features.square().sum(1, keepdim=True).clamp_min(EPSILON**2).sqrt()
    return features / (length + EPSILON)


def _single(batch: Tensor) -> list[np.ndarray[Any, Any]]:
    return [np.ascontiguousarray(x.detach().float().cpu().numpy()[None]) for x in batch]
