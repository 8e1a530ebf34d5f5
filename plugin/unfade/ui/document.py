"""What is open and how it is set: the window's model, without widgets and without a screen.

Every change of the settings makes a new immutable :class:`State`; undo and redo go through those. Whoever
shows the document subscribes with a plain function, which is called in the thread that made the change.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from unfade.errors import UnfadeError, UsageError
from unfade.filters import (
    Filter,
    Hint,
    Option,
    Recipe,
    Step,
    Stroke,
    all_filters,
    find_filter,
    options_of,
    read_options,
    write_options,
)
from unfade.inference import Extent
from unfade.picture import Picture
from unfade.ui.commands import Command, Key, Menu
from unfade.ui.selection import Selection
from unfade.ui.settings import Settings

_MOST_UNDO = 200
_MERGED_WITHIN = 1.0  # seconds: what a slider does in one go is one step to undo


def _options(filter: Filter) -> dict[str, Option]:
    return {option.name: option for option in options_of(filter.Options)}


CHAIN: Final = tuple(sorted(all_filters(), key=lambda filter: "scale" in _options(filter)))
"""The filters in the order in which the window runs them: as they are registered, but those that enlarge come
last, for artifacts would be enlarged with the picture."""
ORDER: Final = tuple(filter.name for filter in CHAIN)
"""Their names."""


Mark = tuple[str, str]
"""A kind of mark on the picture: the filter's name and that of its option."""


def marks_of(filter: Filter) -> tuple[str, ...]:
    """The options that are places in one picture, such as hints, and mean nothing in another."""
    return tuple(name for name, one in _options(filter).items() if one.codec is not None)


def filter_with(option: str) -> str:
    """The name of the first filter in the chain that has an option. Raises StopIteration for none."""
    return next(filter.name for filter in CHAIN if option in _options(filter))


@dataclass(frozen=True)
class State:
    """Which filters are on, by name, and how all of them are set."""

    enabled: frozenset[str] = frozenset()
    every: tuple[Any, ...] = field(default_factory=lambda: tuple(filter.Options() for filter in CHAIN))
    """The options of each filter of :data:`CHAIN`."""

    def options(self, name: str) -> Any:
        """The options of a filter, on or off."""
        return self.every[ORDER.index(name)]

    def switched(self, name: str, on: bool) -> State:
        """With a filter on or off."""
        return dataclasses.replace(self, enabled=self.enabled | {name} if on else self.enabled - {name})

    def with_options(self, name: str, **changes: Any) -> State:
        """With some options of a filter set otherwise. Raises UsageError for values out of range."""
        return self.with_all(name, dataclasses.replace(self.options(name), **changes))

    def with_all(self, name: str, options: Any) -> State:
        """With the options object of a filter replaced."""
        at = ORDER.index(name)
        return dataclasses.replace(self, every=(*self.every[:at], options, *self.every[at + 1 :]))

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters that are on, in the order in which they run."""
        return tuple(name for name in ORDER if name in self.enabled)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """``[{"filter": NAME, "options": {...}}, ...]``, as recipes and the service have them."""
        if not self.enabled:
            return []
        recipe = Recipe(tuple(Step(find_filter(name), self.options(name)) for name in self.filters))
        steps: list[dict[str, Any]] = recipe.to_json()["steps"]
        return steps

    @property
    def scale(self) -> float:
        """How many times as large the result is."""
        scale = 1.0
        for name in self.enabled:
            scale *= getattr(self.options(name), "scale", 1.0)
        return scale

    def takes(self, option: str) -> bool:
        """Whether one of the filters that are on has an option of that name."""
        return any(hasattr(self.options(name), option) for name in self.enabled)

    def with_steps(self, steps: Sequence[dict[str, Any]]) -> State:
        """These steps on, with their options, and nothing else. Raises UsageError for other orders."""
        recipe = Recipe.from_json({"steps": list(steps)})
        names = [step.filter.name for step in recipe.steps]
        if names != [name for name in ORDER if name in names]:
            raise UsageError(
                "This recipe runs its filters in an order, or as often, as the window does not; "
                "run it with unfade run."
            )
        state = dataclasses.replace(self, enabled=frozenset(names))
        for step in recipe.steps:
            state = state.with_all(step.filter.name, step.options)
        return state

    def at_defaults(self) -> State:
        """The filters that are on at their defaults; what is marked on the picture stays."""
        state = self
        for filter in CHAIN:
            if filter.name in self.enabled:
                old = self.options(filter.name)
                marks = {name: getattr(old, name) for name in marks_of(filter)}
                state = state.with_all(filter.name, dataclasses.replace(filter.Options(), **marks))
        return state

    @functools.cached_property
    def marks(self) -> Mapping[Mark, Any]:
        """What is marked on the picture."""
        return {
            (filter.name, name): getattr(self.options(filter.name), name)
            for filter in CHAIN
            for name in marks_of(filter)
        }

    def with_marks(self, marks: Mapping[Mark, Any]) -> State:
        """With these marks on the picture, and no others."""
        state = self
        for filter in CHAIN:
            values = {
                name: marks.get((filter.name, name), _options(filter)[name].default)
                for name in marks_of(filter)
            }
            state = state.with_options(filter.name, **values)
        return state

    def without_marks(self) -> State:
        """Without what is marked on the picture."""
        return self.with_marks({})


def remembered(settings: Settings, state: State) -> State:
    """The state with the options last used; those that are no longer valid stay at their defaults."""
    for filter in CHAIN:
        try:
            options = read_options(filter, settings.last_options(filter.name))
        except UnfadeError:
            continue
        state = state.with_all(filter.name, options)
    return state


def remember(settings: Settings, state: State) -> None:
    """Keeps which filters are on and the options of all, without what is marked on the picture."""
    settings.set_last_filters(state.enabled)
    state = state.without_marks()
    for name in ORDER:
        settings.set_last_options(name, write_options(state.options(name)))


class Change(Enum):
    """What observers are told about."""

    PICTURE = auto()
    """Another picture, or none."""
    STATE = auto()
    """The settings."""
    SELECTION = auto()
    """Which hint is chosen, or which filter is painted for."""


class Document:
    """The picture, its settings with their history, and the chosen hint.

    Args:
        clock: seconds that only grow; tests give their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.picture: Picture | None = None
        self.selection: Selection | None = None
        self.path: Path | None = None
        self.title = ""
        self.coloured = False
        """Whether the picture has colours."""
        self._state = State()
        self._undo: list[State] = []
        self._redo: list[State] = []
        self._merging: tuple[str, float] | None = None
        self._selected: int | None = None
        self._painted: str | None = None
        self._clock = clock
        self._observers: list[Callable[[Change], None]] = []

    def subscribe(self, observer: Callable[[Change], None]) -> None:
        """Has the function called after every change."""
        self._observers.append(observer)

    # The picture

    def open(
        self,
        picture: Picture,
        path: Path | None,
        title: str,
        marks: Mapping[Mark, Any] | None = None,
        selection: Selection | None = None,
        *,
        coloured: bool = False,
    ) -> None:
        """Shows another picture, with its own marks, of which a part may be selected. The settings stay."""
        self.picture, self.path, self.title, self.coloured = picture, path, title, coloured
        self.selection = selection
        self._state = self._state.with_marks(marks or {})
        self._forget_history()
        self._tell(Change.PICTURE)

    def close(self) -> None:
        """Shows no picture."""
        self.picture, self.path, self.title, self.coloured = None, None, "", False
        self.selection = None
        self._state = self._state.without_marks()
        self._forget_history()
        self._tell(Change.PICTURE)

    @property
    def extent(self) -> Extent | None:
        """The picture's size."""
        return None if self.picture is None else Extent(self.picture.height, self.picture.width)

    @property
    def limit(self) -> Selection | None:
        """What the result is limited to: the selection, unless the picture is enlarged."""
        return self.selection if self._state.scale == 1 else None

    def _forget_history(self) -> None:
        self._undo.clear()
        self._redo.clear()
        self._merging = None
        self._selected = None

    # The settings

    @property
    def state(self) -> State:
        """How things are set now."""
        return self._state

    def change(self, state: State, merge: str | None = None) -> None:
        """Sets things otherwise.

        Args:
            state: the new settings.
            merge: changes of the same name that follow each other closely are undone as one.
        """
        if state == self._state:
            return
        now = self._clock()
        merged = merge is not None and self._merging is not None and self._merging[0] == merge
        if not (merged and self._merging is not None and now - self._merging[1] < _MERGED_WITHIN):
            self._undo = [*self._undo[1 - _MOST_UNDO :], self._state]
        self._merging = None if merge is None else (merge, now)
        self._redo.clear()
        self._become(state)

    def start_from(self, state: State) -> None:
        """Sets things with nothing to undo."""
        self._forget_history()
        self._become(state)

    def settle(self) -> None:
        """Ends what is merged: a slider was let go."""
        self._merging = None

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back."""
        return bool(self._redo)

    @Command(
        "undo",
        (Menu.EDIT, 1, 1),
        "&Undo",
        "Take the last change of the settings back.",
        (Key.Undo,),
        enabled=lambda document: document.can_undo,
        tool_bar=(2, 1, ""),
    )
    def undo(self) -> None:
        """Takes the last change back."""
        if self._undo:
            self._redo.append(self._state)
            self._merging = None
            self._become(self._undo.pop())

    @Command(
        "redo",
        (Menu.EDIT, 1, 2),
        "&Redo",
        "Make the change again that was taken back.",
        (Key.Redo, "Ctrl+Shift+Z"),
        enabled=lambda document: document.can_redo,
        tool_bar=(2, 2, ""),
    )
    def redo(self) -> None:
        """Makes the change again that was taken back."""
        if self._redo:
            self._undo.append(self._state)
            self._merging = None
            self._become(self._redo.pop())

    @Command(
        "reset",
        (Menu.EDIT, 3, 2),
        "Reset &settings",
        "Set this step back to its defaults.",
        ("Ctrl+R",),
        enabled=lambda document: bool(document.state.enabled),
    )
    def reset(self) -> None:
        """Sets the filters that are on back to their defaults."""
        self.change(self._state.at_defaults())

    def _become(self, state: State) -> None:
        self._state = state
        if self._selected is not None and self._selected >= len(self.hints):
            self._selected = None
        self._tell(Change.STATE)

    # Hints and strokes

    @property
    def hints(self) -> tuple[Hint, ...]:
        """The colour hints on the picture."""
        hints: tuple[Hint, ...] = self._state.options(filter_with("hints")).hints
        return hints

    @property
    def selected_hint(self) -> int | None:
        """The index of the chosen hint."""
        return self._selected

    def select_hint(self, index: int | None) -> None:
        """Chooses a hint, or none."""
        if index != self._selected:
            self._selected = index
            self._tell(Change.SELECTION)

    def add_hint(self, hint: Hint) -> int:
        """Places a hint, chooses it, and gives its index."""
        self._selected = len(self.hints)
        self._set_hints((*self.hints, hint))
        return len(self.hints) - 1

    def replace_hint(self, index: int, hint: Hint, merge: str | None = None) -> None:
        """Moves a hint or gives it another colour."""
        hints = list(self.hints)
        hints[index] = hint
        self._set_hints(tuple(hints), merge)

    def remove_hint(self, index: int) -> None:
        """Takes a hint away."""
        self._selected = None
        self._set_hints(self.hints[:index] + self.hints[index + 1 :])

    def _set_hints(self, hints: tuple[Hint, ...], merge: str | None = None) -> None:
        self.change(self._state.with_options(filter_with("hints"), hints=hints), merge)

    @property
    def painted(self) -> str:
        """The filter that strokes are painted for: the one chosen, while it is on; else the last that is on
        and takes some."""
        takers = [name for name in self._state.filters if hasattr(self._state.options(name), "strokes")]
        if self._painted is not None and (self._painted in takers or not takers):
            return self._painted
        return takers[-1] if takers else filter_with("strokes")

    def paint_for(self, name: str) -> None:
        """Has strokes painted for a filter, which is switched on."""
        self._painted = name
        self.change(self._state.switched(name, True))
        self._tell(Change.SELECTION)

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """What is painted for that filter."""
        strokes: tuple[Stroke, ...] = self._state.options(self.painted).strokes
        return strokes

    def add_stroke(self, stroke: Stroke) -> None:
        """Paints on the mask."""
        strokes = (*self.strokes, stroke)
        self.change(self._state.with_options(self.painted, strokes=strokes))

    def _tell(self, change: Change) -> None:
        for observer in tuple(self._observers):
            observer(change)
