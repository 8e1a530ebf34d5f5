"""What is open and how it is set: the window's model, without widgets and without a screen.

Every change of the settings makes a new immutable :class:`State`; undo and redo go through those. Whoever
shows the document subscribes with a plain function, which is called in the thread that made the change.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

from unfade.errors import UsageError
from unfade.filters import (
    ColorizeOptions,
    DeartifactOptions,
    Hint,
    Recipe,
    Step,
    Stroke,
    UpscaleOptions,
    find_filter,
)
from unfade.inference import Extent
from unfade.models import Task
from unfade.picture import Picture

ORDER: Final = (Task.DEARTIFACT, Task.COLORIZE, Task.UPSCALE)
"""The order in which the window runs filters: artifacts would be coloured and enlarged with the picture."""

_MOST_UNDO = 200
_MERGED_WITHIN = 1.0  # seconds: what a slider does in one go is one step to undo


@dataclass(frozen=True)
class State:
    """Which filters are on, and how all of them are set."""

    enabled: frozenset[Task] = frozenset()
    deartifact: DeartifactOptions = field(default_factory=DeartifactOptions)
    colorize: ColorizeOptions = field(default_factory=ColorizeOptions)
    upscale: UpscaleOptions = field(default_factory=UpscaleOptions)

    def options(self, task: Task) -> Any:
        """The options of a filter, on or off."""
        return getattr(self, task.value)

    def switched(self, task: Task, on: bool) -> State:
        """With a filter on or off."""
        return dataclasses.replace(self, enabled=self.enabled | {task} if on else self.enabled - {task})

    def with_options(self, task: Task, **changes: Any) -> State:
        """With some options of a filter set otherwise. Raises UsageError for values out of range."""
        return self.with_all(task, dataclasses.replace(self.options(task), **changes))

    def with_all(self, task: Task, options: Any) -> State:
        """With the options object of a filter replaced."""
        return dataclasses.replace(self, **{task.value: options})

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The filters that are on, in the order in which they run."""
        return tuple(task for task in ORDER if task in self.enabled)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """``[{"filter": NAME, "options": {...}}, ...]``, as recipes and the service have them."""
        if not self.enabled:
            return []
        recipe = Recipe(tuple(Step(find_filter(task.value), self.options(task)) for task in self.tasks))
        steps: list[dict[str, Any]] = recipe.to_json()["steps"]
        return steps

    @property
    def scale(self) -> float:
        """How many times as large the result is."""
        return self.upscale.scale if Task.UPSCALE in self.enabled else 1.0

    def with_steps(self, steps: Sequence[dict[str, Any]]) -> State:
        """These steps on, with their options, and nothing else. Raises UsageError for other orders."""
        recipe = Recipe.from_json({"steps": list(steps)})
        tasks = [Task(step.filter.name) for step in recipe.steps]
        if tasks != [task for task in ORDER if task in tasks]:
            raise UsageError(
                "This recipe runs its filters in an order, or as often, as the window does not; "
                "run it with unfade run."
            )
        state = dataclasses.replace(self, enabled=frozenset(tasks))
        for step in recipe.steps:
            state = state.with_all(Task(step.filter.name), step.options)
        return state


class Change(Enum):
    """What observers are told about."""

    PICTURE = auto()
    """Another picture, or none."""
    STATE = auto()
    """The settings."""
    SELECTION = auto()
    """Which hint is chosen."""


class Document:
    """The picture, its settings with their history, and the chosen hint.

    Args:
        clock: seconds that only grow; tests give their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.picture: Picture | None = None
        self.path: Path | None = None
        self.title = ""
        self._state = State()
        self._undo: list[State] = []
        self._redo: list[State] = []
        self._merging: tuple[str, float] | None = None
        self._selected: int | None = None
        self._clock = clock
        self._observers: list[Callable[[Change], None]] = []

    def subscribe(self, observer: Callable[[Change], None]) -> None:
        """Has the function called after every change."""
        self._observers.append(observer)

    # The picture

    def open(self, picture: Picture, path: Path | None, title: str, hints: tuple[Hint, ...] = ()) -> None:
        """Shows another picture. The settings stay, what was marked on the old picture goes."""
        self.picture, self.path, self.title = picture, path, title
        self._state = _without_marks(self._state).with_options(Task.COLORIZE, hints=hints)
        self._forget_history()
        self._tell(Change.PICTURE)

    def close(self) -> None:
        """Shows no picture."""
        self.picture, self.path, self.title = None, None, ""
        self._state = _without_marks(self._state)
        self._forget_history()
        self._tell(Change.PICTURE)

    @property
    def extent(self) -> Extent | None:
        """The picture's size."""
        return None if self.picture is None else Extent(self.picture.height, self.picture.width)

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

    def correct(self, mend: Callable[[State], State]) -> None:
        """Sets things otherwise, in what undo and redo come back to as well; there is nothing to undo."""
        self._undo = [mend(state) for state in self._undo]
        self._redo = [mend(state) for state in self._redo]
        if mend(self._state) != self._state:
            self._become(mend(self._state))

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

    def undo(self) -> None:
        """Takes the last change back."""
        if self._undo:
            self._redo.append(self._state)
            self._merging = None
            self._become(self._undo.pop())

    def redo(self) -> None:
        """Makes the change again that was taken back."""
        if self._redo:
            self._undo.append(self._state)
            self._merging = None
            self._become(self._redo.pop())

    def _become(self, state: State) -> None:
        self._state = state
        if self._selected is not None and self._selected >= len(state.colorize.hints):
            self._selected = None
        self._tell(Change.STATE)

    # Hints and strokes

    @property
    def hints(self) -> tuple[Hint, ...]:
        """The colour hints on the picture."""
        return self._state.colorize.hints

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
        self.change(self._state.with_options(Task.COLORIZE, hints=hints), merge)

    def add_stroke(self, stroke: Stroke) -> None:
        """Paints on the watermark mask."""
        strokes = (*self._state.deartifact.strokes, stroke)
        self.change(self._state.with_options(Task.DEARTIFACT, strokes=strokes))

    def _tell(self, change: Change) -> None:
        for observer in tuple(self._observers):
            observer(change)


def _without_marks(state: State) -> State:
    return state.with_options(Task.COLORIZE, hints=()).with_options(Task.DEARTIFACT, strokes=())
