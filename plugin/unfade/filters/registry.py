"""The filters there are. A new filter is one new module beside this one, and one line here.

Everything that offers filters asks :func:`all_filters` when it does.
"""

from __future__ import annotations

from typing import Any

from unfade.errors import UsageError, did_you_mean
from unfade.filters.base import Filter
from unfade.filters.colorize import COLORIZE
from unfade.filters.deartifact import DEARTIFACT
from unfade.filters.denoise import DENOISE
from unfade.filters.repair import REPAIR
from unfade.filters.restore import RESTORE
from unfade.filters.revive import REVIVE
from unfade.filters.upscale import UPSCALE

FILTERS: tuple[Filter, ...] = (
    UPSCALE,
    RESTORE,
    REVIVE,
    DEARTIFACT,
    REPAIR,
    DENOISE,
    COLORIZE,
)

_LONGEST_NAME = 100


def all_filters() -> tuple[Filter, ...]:
    """All registered filters, in the order of menus."""
    return FILTERS


def find_filter(name: Any) -> Filter:
    """The registered filter of that name. Raises UsageError, also for what is no text."""
    for filter in FILTERS:
        if filter.name == name:
            return filter
    names = [filter.name for filter in FILTERS]
    if not isinstance(name, str):
        raise UsageError(f"Which 'filter' to run is missing: there are {', '.join(names)}.")
    word = name[:_LONGEST_NAME]
    raise UsageError(f"There is no filter {word!r}{did_you_mean(word, names)}")
