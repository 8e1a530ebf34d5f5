"""Which filter strokes are painted for."""

from __future__ import annotations

from unfade.filters import Stroke
from unfade.ui.document import Document, State, painted

DOT = Stroke("add", 3, ((5.0, 5.0),))


def test_strokes_go_to_the_last_filter_that_is_on_and_takes_some() -> None:
    assert painted(State()) == "deartifact"
    assert painted(State(frozenset({"deartifact", "upscale"}))) == "deartifact"
    assert painted(State(frozenset({"deartifact", "repair", "denoise"}))) == "repair"


def test_a_document_paints_there() -> None:
    document = Document()
    document.change(State(frozenset({"repair"})))
    document.add_stroke(DOT)
    assert document.strokes == (DOT,)
    assert document.state.options("repair").strokes == (DOT,)
    assert document.state.options("deartifact").strokes == ()
