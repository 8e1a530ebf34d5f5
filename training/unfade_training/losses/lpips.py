"""LPIPS, the perceptual distance that validation is judged by: in torch, or through ONNX Runtime.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018; version
0.1 with SqueezeNet: ``sum_l mean_hw sum_c lin_lc (u_lc(a) - u_lc(b))^2`` where ``u`` are features
normalised to length 1 at every pixel and ``lin`` are weights learnt from people's judgements. 0 for equal
pictures; lower is better.
"""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..device import full_precision
from ..errors import TrainingError
from ..networks.weights import load_state
from .base import PictureLoss
from .feature import open_backbone

TAPS = (1, 4, 7, 9, 10, 11, 12)
EPSILON = 1e-10


class Lpips(nn.Module):
    """LPIPS v0.1 (SqueezeNet) in torch.

    Args:
        backbone_weights: SqueezeNet 1.1 in torchvision's names (``.pth`` or ``.safetensors``); empty
            fetches it by URL.
        linear_weights: the ``squeeze.pth`` of the PyPI package ``lpips``; empty takes the installed
            package's.
    """

    def __init__(self, backbone_weights: str = "", linear_weights: str = "") -> None:
        super().__init__()
        self.backbone = open_backbone("squeezenet", backbone_weights, TAPS)
        path = Path(linear_weights).expanduser() if linear_weights else installed_linear_weights()
        state = load_state(path)
        try:
            linear = [state[f"lin{i}.model.1.weight"].float().reshape(1, -1, 1, 1) for i in range(len(TAPS))]
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
