"""Where autocast must not round: differences, colours and places that bfloat16 would let fall together."""

from __future__ import annotations

import torch
from torch import Tensor


def full_precision(tensor: Tensor) -> torch.autocast:
    """No autocast on the tensor's device: for what must be computed in the precision of its inputs."""
    device = tensor.device.type
    # Tensors on "meta" are only counted; autocast does not know that device.
    return torch.autocast(device_type="cpu" if device == "meta" else device, enabled=False)
