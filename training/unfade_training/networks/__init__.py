"""Generators, critics and encoders, and what can be worked out about them."""

from .analysis import count_parameters, macs_per_pixel, receptive_radius
from .blocks import silence_untrained_blocks
from .encoders import Encoder, parameter_groups
from .norms import Norm, fold_norms, hold_norms, settle_norms, unfold_norms
from .registry import NETWORKS, build_network
from .weights import is_here, load_state, load_weights

__all__ = [
    "NETWORKS",
    "Encoder",
    "Norm",
    "build_network",
    "count_parameters",
    "fold_norms",
    "hold_norms",
    "is_here",
    "load_state",
    "load_weights",
    "macs_per_pixel",
    "parameter_groups",
    "receptive_radius",
    "settle_norms",
    "silence_untrained_blocks",
    "unfold_norms",
]
