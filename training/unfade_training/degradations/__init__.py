"""What happens to photographs on their way to people, for training; all seeded, on 8-bit pixels."""

from .ageing import Ageing
from .base import Degradation, Degraded
from .downscale import Clean, Compression, Crappify, SimpleWeb, Web
from .hints import NEUTRAL, ColourHints, Hinted
from .registry import DEGRADATIONS, Mixture, build_degradation
from .watermark import Watermark

__all__ = [
    "DEGRADATIONS",
    "NEUTRAL",
    "Ageing",
    "Clean",
    "ColourHints",
    "Compression",
    "Crappify",
    "Degradation",
    "Degraded",
    "Hinted",
    "Mixture",
    "SimpleWeb",
    "Watermark",
    "Web",
    "build_degradation",
]
