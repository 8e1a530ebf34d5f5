"""What an exported model has to pass before it is written."""

from .parity import PARITY_TOLERANCE, Parity, check_parity
from .reach import probe_reach
from .sessions import Array, cpu_session, outputs_of
from .tiles import check_exact_tiling
from .values import check_finite

__all__ = [
    "PARITY_TOLERANCE",
    "Array",
    "Parity",
    "check_exact_tiling",
    "check_finite",
    "check_parity",
    "cpu_session",
    "outputs_of",
    "probe_reach",
]
