"""L1 between spectra: keeps fine texture from being averaged away, for the price of one FFT."""

from __future__ import annotations

import torch
from torch import Tensor

from .base import PictureLoss


class Frequency(PictureLoss):
    """``mean |F(y) - F(t)|`` over real and imaginary parts of the orthonormal 2-D real FFT of each channel.

    Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring" (MIMO-UNet), ICCV 2021,
    equation 6: there added to L1 with weight 0.1. Orthonormal scaling makes the value about as large as the
    pixels' L1 and independent of the patch size.
    """

    def terms(self, output: Tensor, target: Tensor) -> dict[str, Tensor]:
        spectrum = torch.fft.rfft2(output.float() - target.float(), norm="ortho")
        return {"": torch.view_as_real(spectrum).abs().mean()}
