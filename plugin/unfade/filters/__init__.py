"""The filters, one module each; recipes of them; and the registry that everything offers them from."""

from unfade.filters.base import (
    Codec,
    Filter,
    Option,
    check_ranges,
    describe_options,
    option,
    options_of,
    read_options,
    write_options,
)
from unfade.filters.colorize import ColorizeOptions
from unfade.filters.deartifact import DeartifactOptions
from unfade.filters.ensemble import finds_mask, preference
from unfade.filters.hints import HINTS, Hint, check_inside
from unfade.filters.mix import LUMA, OVER_SOURCE, Mix, at_full, lay_over, mixed, plain_enlargement
from unfade.filters.pipeline import Step
from unfade.filters.recipe import RECIPE_SUFFIX, RECIPE_VERSION, Recipe, read_recipe, write_recipe
from unfade.filters.registry import all_filters, find_filter
from unfade.filters.revive import distance_from_tone
from unfade.filters.runner import (
    Crop,
    FilterRunner,
    Memo,
    Progress,
    Report,
    Result,
    Runner,
    all_of,
    check_region,
    cut,
    scaled_bounds,
    scaled_size,
    size_of,
)
from unfade.filters.strokes import STROKES, Stroke, patch_bounds
from unfade.filters.upscale import UpscaleOptions, blends_live, choose_passes

__all__ = [
    "HINTS",
    "LUMA",
    "OVER_SOURCE",
    "RECIPE_SUFFIX",
    "RECIPE_VERSION",
    "STROKES",
    "Codec",
    "ColorizeOptions",
    "Crop",
    "DeartifactOptions",
    "Filter",
    "FilterRunner",
    "Hint",
    "Memo",
    "Mix",
    "Option",
    "Progress",
    "Recipe",
    "Report",
    "Result",
    "Runner",
    "Step",
    "Stroke",
    "UpscaleOptions",
    "all_filters",
    "all_of",
    "at_full",
    "blends_live",
    "check_inside",
    "check_ranges",
    "check_region",
    "choose_passes",
    "cut",
    "describe_options",
    "distance_from_tone",
    "find_filter",
    "finds_mask",
    "lay_over",
    "mixed",
    "option",
    "options_of",
    "patch_bounds",
    "plain_enlargement",
    "preference",
    "read_options",
    "read_recipe",
    "scaled_bounds",
    "scaled_size",
    "size_of",
    "write_options",
    "write_recipe",
]
