"""The filters there are. A new filter is one new module beside this one, and one line here."""

from __future__ import annotations

from typing import Final

from unfade.filters.base import Filter
from unfade.filters.colorize import COLORIZE
from unfade.filters.deartifact import DEARTIFACT
from unfade.filters.upscale import UPSCALE

FILTERS: Final[tuple[Filter, ...]] = (UPSCALE, DEARTIFACT, COLORIZE)
