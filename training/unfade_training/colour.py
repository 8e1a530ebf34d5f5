"""sRGB and CIELAB in PyTorch: D65, 2 degree observer, differentiable both ways.

IEC 61966-2-1 (sRGB) and CIE 15:2004 (L*a*b*).
"""

from __future__ import annotations

import torch
from torch import Tensor

from .device import full_precision

CHROMA = 110.0
"""a* and b* of colours that sRGB can show lie within about this, so a* / 110 and b* / 110 lie in [-1, 1]."""

# Linear sRGB -> XYZ, each row divided by the white point's X, Y or Z, so that white is (1, 1, 1).
_TO_XYZ = (
    (0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883),
)
_DELTA = 6 / 29


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """``[N, 3, H, W]`` sRGB in [0, 1] -> L* / 100, a* / 110, b* / 110."""
    x, y, z = _curve(_mix(_linear(rgb.float()), torch.tensor(_TO_XYZ))).unbind(1)
    return torch.stack([1.16 * y - 0.16, (x - y) * (500 / CHROMA), (y - z) * (200 / CHROMA)], dim=1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """``[N, 3, H, W]`` of L* / 100, a* / 110, b* / 110 -> sRGB, cut off at 0 and 1."""
    light, a, b = lab.float().unbind(1)
    y = (light + 0.16) / 1.16
    xyz = torch.stack([y + a * (CHROMA / 500), y, y - b * (CHROMA / 200)], dim=1)
    xyz = torch.where(xyz > _DELTA, xyz.clamp(min=_DELTA) ** 3, 3 * _DELTA**2 * (xyz - 4 / 29))
    linear = _mix(xyz, torch.linalg.inv(torch.tensor(_TO_XYZ))).clamp(0, 1)
    return torch.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    )


def gray_to_lightness(gray: Tensor) -> Tensor:
    """sRGB gray values in [0, 1] -> L* / 100."""
    return 1.16 * _curve(_linear(gray.float())) - 0.16


def _linear(value: Tensor) -> Tensor:
    """Undoes sRGB's transfer curve: values in [0, 1] -> linear light."""
    return torch.where(value <= 0.04045, value / 12.92, ((value.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def _curve(t: Tensor) -> Tensor:
    return torch.where(t > _DELTA**3, t.clamp(min=_DELTA**3) ** (1 / 3), t / (3 * _DELTA**2) + 4 / 29)


def _mix(channels: Tensor, matrix: Tensor) -> Tensor:
    # Not under autocast: bfloat16 would round colours to steps that can be seen.
    with full_precision(channels):
        return torch.einsum("ij,njhw->nihw", matrix.to(channels.device), channels)
