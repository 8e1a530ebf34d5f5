"""The filters, one module each, and the registry that command line, service and windows offer them from."""

from unfade.filters.base import Filter, Kind, OnTile, Option, Outcome, PartOutcome, Ready, option_of
from unfade.filters.colorize import ColorizeOptions, colorize
from unfade.filters.deartifact import DeartifactOptions, deartifact
from unfade.filters.hints import Hint
from unfade.filters.registry import FILTERS
from unfade.filters.strokes import Stroke
from unfade.filters.upscale import UpscaleOptions, upscale

__all__ = [
    "FILTERS",
    "ColorizeOptions",
    "DeartifactOptions",
    "Filter",
    "Hint",
    "Kind",
    "OnTile",
    "Option",
    "Outcome",
    "PartOutcome",
    "Ready",
    "Stroke",
    "UpscaleOptions",
    "colorize",
    "deartifact",
    "option_of",
    "upscale",
]
