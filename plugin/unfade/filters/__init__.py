"""The filters, one module each, and the registry that command line, service and windows offer them from."""

from unfade.filters.base import Filter, OnTile, Option, Outcome, Ready, option_of
from unfade.filters.registry import FILTERS
from unfade.filters.upscale import UpscaleOptions, upscale

__all__ = [
    "FILTERS",
    "Filter",
    "OnTile",
    "Option",
    "Outcome",
    "Ready",
    "UpscaleOptions",
    "option_of",
    "upscale",
]
