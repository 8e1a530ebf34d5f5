"""The short form of ``bench/fuzz.py``; cases that once went wrong; and text that would command a terminal."""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path

import pytest
from bench import fuzz, guided

from tests.models import identity_model
from unfade.errors import PictureError, printable
from unfade.picture import is_linear, page_count, read_picture
from unfade.picture.colour import linear_profile
from unfade.picture.metadata import orientation_of, updated_exif

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


@pytest.mark.parametrize("target", list(guided.TARGETS))
def test_seeds_of_guided_fuzzing(target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(guided, "SCRATCH", tmp_path)
    use, seeds = guided.TARGETS[target]()
    for number, seed in enumerate(seeds):
        use(seed)
        for turn in range(12):
            use(fuzz.mutated(seed, random.Random(100 * number + turn)))


def test_a_directory_beyond_any_file(tmp_path: Path) -> None:
    """Found by guided fuzzing: BigTIFF's offsets have 64 bits, and no file has."""
    far = b"II+\0\x08\0\0\0" + b"\xff" * 8 + bytes(8)
    assert orientation_of(far, None) == 1
    (tmp_path / "a.tif").write_bytes(far)
    assert page_count(tmp_path / "a.tif") == 1
    with pytest.raises(PictureError, match="damaged or incomplete TIFF"):
        read_picture(tmp_path / "a.tif")


def test_a_directory_upon_the_header() -> None:
    """Found by guided fuzzing: to unlink its thumbnail would change where it begins."""
    entries = b"".join(struct.pack(">HHII", tag, 4, 1, 72) for tag in (0x11B, 0x128))
    block = b"MM\0*" + struct.pack(">IH", 4, 0) + entries
    assert updated_exif(block, 7, 9) is None


def test_a_curve_that_is_cut_short() -> None:
    """Found by guided fuzzing: a profile that ends in the middle of a number."""
    profile = linear_profile(True)
    cut = profile[: profile.index(b"para")] + b"curv" + bytes(4) + (9).to_bytes(4, "big") + bytes(7)
    assert not is_linear(cut)
