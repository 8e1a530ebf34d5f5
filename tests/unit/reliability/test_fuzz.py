"""The short form of ``bench/fuzz.py``; cases that once went wrong; and text that would command a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench import fuzz

from tests.models import identity_model
from unfade.errors import PictureError, printable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits the addresses of a process")


@pytest.mark.parametrize("kind", ["pictures", "rare", "models", "texts"])
def test_damaged_files_are_used_or_refused(kind: str) -> None:
    """Case 15 of the models has a control character in what ONNX Runtime says of it."""
    found = fuzz.summary(kind, 0, 120)
    assert found["used"] + found["refused"] == found["cases"] == 120, found
    assert found["used"] > 0 < found["refused"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ü, 日本, emoji \U0001f469‍\U0001f52c", None),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("two\nlines\r", "two\\nlines\\r"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("no text \udcff", "no text \\udcff"),
    ],
)
def test_nothing_commands_the_terminal(text: str, shown: str | None) -> None:
    assert printable(text) == (shown or text)
    assert str(PictureError(f"{text} is damaged.")) == f"{shown or text} is damaged."


def test_a_models_words_are_shown_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from unfade.cli import main

    identity_model(tmp_path / "a.onnx", 2, title="\x1b[2Jgone", licence="\x1b]0;title\x07")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNFADE_MODELS", str(tmp_path))
        patch.setenv("HOME", str(tmp_path))
        patch.setenv("XDG_STATE_HOME", str(tmp_path))
        assert main(["models", "list"]) == 0
        assert main(["models", "info", "a"]) == 0
    assert "\x1b" not in capsys.readouterr().out
