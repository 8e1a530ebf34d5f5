"""What happens to photographs on their way to people, for training; all seeded, on 8-bit pixels."""

from .ageing import Ageing
from .base import Degradation, Degraded
from .compression import Compression
from .crappify import Crappify
from .downscale import Clean
from .hinted import Hinted
from .hints import ColourHints
from .registry import DEGRADATIONS, Mixture, build_degradation
from .watermark import Watermark
from .web import SimpleWeb, Web

__all__ = [
    "DEGRADATIONS",
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
