"""Which filter strokes are painted for."""

from __future__ import annotations

from unfade.filters import Stroke
from unfade.ui.document import Document, State

DOT = Stroke("add", 3, ((5.0, 5.0),))


def with_filters(*names: str) -> Document:
    document = Document()
    document.change(State(frozenset(names)))
    return document


def test_strokes_go_to_the_last_filter_that_is_on_and_takes_some() -> None:
    assert with_filters().painted == "deartifact"
    assert with_filters("deartifact", "upscale").painted == "deartifact"
    assert with_filters("deartifact", "repair", "denoise").painted == "repair"


def test_strokes_go_to_the_filter_that_was_chosen_while_it_is_on() -> None:
    document = with_filters("deartifact", "repair")
    document.paint_for("deartifact")
    document.add_stroke(DOT)
    assert document.state.options("deartifact").strokes == (DOT,)
    document.change(document.state.switched("deartifact", False))
    assert document.painted == "repair" and document.strokes == ()
    document.paint_for("deartifact")
    assert "deartifact" in document.state.enabled and document.strokes == (DOT,)


def test_a_document_paints_there() -> None:
    document = Document()
    document.change(State(frozenset({"repair"})))
    document.add_stroke(DOT)
    assert document.strokes == (DOT,)
    assert document.state.options("repair").strokes == (DOT,)
    assert document.state.options("deartifact").strokes == ()
