"""sRGB and CIELAB in PyTorch: D65, 2 degree observer, differentiable both ways.

IEC 61966-2-1 (sRGB) and CIE 15:2004 (L*a*b*).
"""

from __future__ import annotations

import math

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
_UNITS = torch.tensor([100, CHROMA, CHROMA]).view(1, 3, 1, 1)
_TINY = 1e-8


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


def delta_e_2000(one: Tensor, other: Tensor) -> Tensor:
    """The CIEDE2000 difference of Lab pictures as :func:`rgb_to_lab` gives them: ``[N, 3, H, W]`` twice ->
    ``[N, H, W]``; about 1 is just seen. Differentiable; its gradient at equal colours is 0.

    Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula", 2005, equations 2 to 22.
    """
    (l1, a1, b1), (l2, a2, b2) = ((lab * _UNITS.to(lab)).unbind(1) for lab in (one, other))
    chroma = (_length(a1, b1) + _length(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _blueness(chroma)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = _length(a1, b1), _length(a2, b2)
    h1, h2 = torch.atan2(b1, a1 + _TINY), torch.atan2(b2, a2 + _TINY)
    turn = h2 - h1
    turn = turn - 2 * math.pi * torch.round(turn.detach() / (2 * math.pi))  # the short way round
    lightness, chroma, hue = (l1 + l2) / 2, (c1 + c2) / 2, h1 + turn / 2
    waves = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    t = 1 + sum(k * torch.cos(n * hue + math.radians(phase)) for k, n, phase in waves)
    off = (lightness - 50).square()
    light = (l2 - l1) / (1 + 0.015 * off / (20 + off).sqrt())
    vivid = (c2 - c1) / (1 + 0.045 * chroma)
    hued = 2 * (c1 * c2).sqrt() * torch.sin(turn / 2) / (1 + 0.015 * chroma * t)
    degrees = torch.rad2deg(hue).remainder(360)
    rotation = torch.deg2rad(60 * torch.exp(-((degrees - 275) / 25).square()))
    crossed = -torch.sin(rotation) * 2 * _blueness(chroma) * vivid * hued
    squared = light.square() + vivid.square() + hued.square() + crossed
    return squared.clamp(min=_TINY).sqrt()


def gray_to_lightness(gray: Tensor) -> Tensor:
    """sRGB gray values in [0, 1] -> L* / 100."""
    return 1.16 * _curve(_linear(gray.float())) - 0.16


def _linear(value: Tensor) -> Tensor:
    """Undoes sRGB's transfer curve: values in [0, 1] -> linear light."""
    return torch.where(value <= 0.04045, value / 12.92, ((value.clamp(min=0) + 0.055) / 1.055) ** 2.4)


def _curve(t: Tensor) -> Tensor:
    return torch.where(t > _DELTA**3, t.clamp(min=_DELTA**3) ** (1 / 3), t / (3 * _DELTA**2) + 4 / 29)


def _length(a: Tensor, b: Tensor) -> Tensor:
    return (a.square() + b.square() + _TINY).sqrt()


def _blueness(chroma: Tensor) -> Tensor:
    """``sqrt(C^7 / (C^7 + 25^7))``."""
    seventh = (chroma / 25) ** 7
    return (seventh / (seventh + 1) + _TINY**2).sqrt()


def _mix(channels: Tensor, matrix: Tensor) -> Tensor:
    # Not under autocast: bfloat16 would round colours to steps that can be seen.
    with full_precision(channels):
        return torch.einsum("ij,njhw->nihw", matrix.to(channels.device), channels)
