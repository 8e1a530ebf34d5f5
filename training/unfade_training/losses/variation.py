"""Total variation: a price on roughness, whatever the target looks like."""

from __future__ import annotations

from torch import Tensor

from .base import PictureLoss


class TotalVariation(PictureLoss):
    """``mean |y[i+1, j] - y[i, j]| + mean |y[i, j+1] - y[i, j]|`` of the output; the target is not looked at.

    The anisotropic form of Rudin, Osher, Fatemi, "Nonlinear total variation based noise removal
    algorithms", Physica D 1992, as a mean, so that its weight does not depend on the patch size. ``[N, C,
    H, W]`` with H, W of at least 2.
    """

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:  # noqa: ARG002
        y = output.float()
        return {"": y.diff(dim=-2).abs().mean() + y.diff(dim=-1).abs().mean()}
