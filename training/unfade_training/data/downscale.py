"""The clean degradation of the super-resolution papers: an antialiased bicubic down-scale, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class BicubicDownscale:
    """Pillow's antialiased bicubic down-scale (the same as the papers' ``imresize`` to about 0.01 dB).

    Attributes:
        scale: how many times smaller the input becomes.
    """

    scale: int

    @property
    def margin(self) -> int:
        """Target pixels around a crop that the kernel looks at: its support is 2 input pixels."""
        return 4 * self.scale

    def __call__(self, crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002
        """HWC uint8 crop with :attr:`margin` on each side -> HWC uint8, ``scale`` times smaller, without the margin."""
        height, width = crop.shape[0] // self.scale, crop.shape[1] // self.scale
        small = np.asarray(Image.fromarray(crop).resize((width, height), Image.Resampling.BICUBIC))
        cut = self.margin // self.scale
        return small[cut : height - cut, cut : width - cut]
