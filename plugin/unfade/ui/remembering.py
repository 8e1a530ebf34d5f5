"""The filters' settings from one day to the next, without what was marked on one picture."""

from __future__ import annotations

import dataclasses

from unfade.errors import UnfadeError
from unfade.filters import find_filter, read_options, write_options
from unfade.ui.document import ORDER, State
from unfade.ui.recipes import OF_ONE_PICTURE
from unfade.ui.settings import Settings


def remembered(settings: Settings, state: State) -> State:
    """The state with the options last used; those that are no longer valid stay at their defaults."""
    for task in ORDER:
        try:
            options = read_options(find_filter(task.value), settings.last_options(task.value))
        except UnfadeError:
            continue
        state = state.with_all(task, options)
    return state


def remember(settings: Settings, state: State) -> None:
    """Keeps the options of all filters."""
    for task in ORDER:
        options = write_options(state.options(task))
        kept = {name: value for name, value in options.items() if name not in OF_ONE_PICTURE}
        settings.set_last_options(task.value, kept)


def reset(state: State) -> State:
    """The filters that are on at their defaults; what is marked on the picture stays."""
    for task in state.tasks:
        old = state.options(task)
        marks = {name: getattr(old, name) for name in OF_ONE_PICTURE if hasattr(old, name)}
        state = state.with_all(task, dataclasses.replace(State().options(task), **marks))
    return state
