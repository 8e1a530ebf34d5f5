"""The model behind the window: states, undo, hints; no screen is needed."""

from __future__ import annotations

import pytest

from tests.ui.conftest import ramp
from unfade.errors import UsageError
from unfade.filters import Hint, Stroke
from unfade.ui.document import Change, Document, State


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_filters_run_in_one_order_whatever_order_they_are_switched_on_in() -> None:
    state = State().switched("upscale", True).switched("deartifact", True)
    state = state.with_options("upscale", scale=3.0)
    assert state.steps == [
        {"filter": "deartifact", "options": {}},
        {"filter": "upscale", "options": {"scale": 3.0}},
    ]
    assert state.scale == 3
    assert state.switched("upscale", False).scale == 1


def test_steps_are_taken_over_and_give_themselves_back() -> None:
    steps = [
        {
            "filter": "colorize",
            "options": {"saturation": 0.5, "hints": [{"x": 1, "y": 2, "color": "#102030"}]},
        }
    ]
    state = State(frozenset({"upscale"})).with_steps(steps)
    assert state.steps == steps
    assert state.options("colorize").hints == (Hint(1, 2, "#102030"),)


@pytest.mark.parametrize("filters", [["upscale", "deartifact"], ["upscale", "upscale"]])
def test_other_orders_are_refused_with_a_way_out(filters: list[str]) -> None:
    with pytest.raises(UsageError, match="unfade run"):
        State().with_steps([{"filter": name, "options": {}} for name in filters])


def test_undo_and_redo_go_through_the_states() -> None:
    document = Document()
    seen: list[Change] = []
    document.subscribe(seen.append)
    document.change(document.state.switched("colorize", True))
    document.change(document.state.with_options("colorize", saturation=0.3))
    assert not document.can_redo
    document.undo()
    assert document.state.options("colorize").saturation == 1
    document.undo()
    assert document.state == State() and not document.can_undo
    document.redo()
    document.redo()
    assert document.state.options("colorize").saturation == 0.3 and not document.can_redo
    assert seen == [Change.STATE] * 6
    document.undo()
    document.change(document.state.with_options("colorize", saturation=0.9))
    assert not document.can_redo


def test_what_a_slider_does_in_one_go_is_one_step() -> None:
    clock = Clock()
    document = Document(clock)
    for step in range(5):
        clock.now += 0.1
        document.change(document.state.with_options("upscale", strength=step / 10), merge="strength")
    document.settle()
    document.change(document.state.with_options("upscale", strength=0.9), merge="strength")
    clock.now += 5
    document.change(document.state.with_options("upscale", strength=0.8), merge="strength")
    undone = []
    while document.can_undo:
        document.undo()
        undone.append(document.state.options("upscale").strength)
    assert undone == [0.9, 0.4, 1.0]


def test_another_picture_takes_its_own_hints_and_leaves_the_old_marks() -> None:
    document = Document()
    document.open(ramp(20, 30), None, "one")
    document.change(document.state.with_options("upscale", scale=4.0))
    document.add_hint(Hint(3, 4, "#aa0000"))
    document.add_stroke(Stroke("add", 5, ((1, 1), (2, 2))))
    document.open(ramp(10, 10), None, "two", {("colorize", "hints"): (Hint(1, 1, "#00aa00"),)})
    assert document.hints == (Hint(1, 1, "#00aa00"),)
    assert document.state.options("deartifact").strokes == ()
    assert document.state.options("upscale").scale == 4
    assert not document.can_undo and document.selected_hint is None


def test_hints_are_chosen_moved_and_deleted() -> None:
    document = Document()
    document.open(ramp(20, 30), None, "one")
    document.add_hint(Hint(3, 4, "#aa0000"))
    second = document.add_hint(Hint(5, 6, "#00aa00"))
    assert document.selected_hint == second == 1
    document.replace_hint(0, Hint(9, 9, "#aa0000"))
    document.remove_hint(1)
    assert document.hints == (Hint(9, 9, "#aa0000"),) and document.selected_hint is None
    document.undo()
    document.select_hint(1)
    document.undo()
    document.undo()
    assert document.hints == (Hint(3, 4, "#aa0000"),) and document.selected_hint is None
