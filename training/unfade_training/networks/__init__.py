"""Generators, critics and encoders, and what is known about them."""

from .encoders import Encoder, parameter_groups
from .norms import Norm, fold_norms
from .registry import NETWORKS, build_network
from .summary import count_parameters, macs_per_pixel, receptive_radius
from .weights import load_state, load_weights

__all__ = [
    "NETWORKS",
    "Encoder",
    "Norm",
    "build_network",
    "count_parameters",
    "fold_norms",
    "load_state",
    "load_weights",
    "macs_per_pixel",
    "parameter_groups",
    "receptive_radius",
]
