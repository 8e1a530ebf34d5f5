"""Every bad input gets one sentence, its exit code, and leaves nothing behind."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.unit.cli.conftest import Shell
from unfade.picture import Picture, read_picture, write_picture


def one_sentence(text: str) -> str:
    """The sentence on stderr, without the note on the GPU."""
    lines = [line for line in text.splitlines() if "Running on the CPU" not in line]
    assert len(lines) == 1, text
    assert lines[0].startswith("unfade: ")
    assert lines[0].endswith((".", "?"))
    assert "Traceback" not in text
    return lines[0]


def write_bomb(path: Path) -> None:
    """A PNG of 100 bytes that claims 10^10 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    content = zlib.compress(bytes(1000))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
    )


def write_truncated(path: Path) -> None:
    whole = path.with_name("whole.jpg")
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    write_picture(Picture(pixels), whole)
    path.write_bytes(whole.read_bytes()[:1500])
    whole.unlink()


@pytest.fixture
def bad(shell: Shell) -> Shell:
    """The shell with every bad file there is."""
    folder = shell.folder
    write_truncated(folder / "truncated.jpg")
    write_bomb(folder / "bomb.png")
    (folder / "text.png").write_text("This is no picture.\n")
    (folder / "nothing.png").write_bytes(b"")
    (folder / "empty").mkdir()
    return shell


@pytest.mark.parametrize(
    "name", ["missing.png", "empty", "truncated.jpg", "bomb.png", "text.png", "nothing.png"]
)
def test_pictures_that_cannot_be_read(bad: Shell, name: str) -> None:
    before = bad.files()
    output = "out" if name == "empty" else "out.png"
    result = bad.run("upscale", name, "-o", output, "--model", "double")
    assert result.code == 1
    assert result.out == ""
    assert name in one_sentence(result.err)
    assert bad.files() == before
    assert not (bad.folder / output).exists()


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["photo.png", "-o", "photo.png"], 2, ["photo.png is an input"]),
        (["photo.png", "-o", "out.png", "--scale", "0"], 2, ["scale", "from 1 to 4", "not 0"]),
        (["photo.png", "-o", "out.png", "--scale", "two"], 2, ["--scale", "number"]),
        (["photo.png", "-o", "out.png", "--scal", "2"], 2, ["--scal", "--help"]),
        (["photo.png", "-o", "out.png", "--quality", "0"], 2, ["quality", "from 1 to 100"]),
        (["photo.png", "-o", "out.png", "--tile", "0"], 2, ["tile", "at least 1"]),
        (["photo.png", "-o", "out.png", "--threads", "0"], 2, ["threads", "at least 1"]),
        (["photo.png", "-o", "out.png", "--device", "gpu"], 2, ["'gpu'", "auto, cpu, cuda"]),
        (["photo.png", "-o", "out.gif"], 2, ["out.gif", ".png"]),
        (["photo.png"], 2, ["--output"]),
        ([], 2, ["INPUT"]),
        (["photo.png", "-o", "out.png", "--model", "doubel"], 1, ["'doubel'", "did you mean double?"]),
        (["photo.png", "-o", "out.png", "--model", "lost.onnx"], 1, ["lost.onnx"]),
        (["photo.png", "-o", "photo.png/out.png"], 1, ["out.png", "is not a folder"]),
        (["photo.png", "-o", "/proc/out.png"], 1, ["/proc/out.png"]),
        (["photo.png", "-o", "out.png", "--model", "broken"], 1, ["broken", "NaN"]),
    ],
)
def test_what_cannot_be_done(shell: Shell, arguments: list[str], code: int, words: list[str]) -> None:
    before = shell.files()
    extra = [] if "--model" in arguments else ["--model", "double"]
    result = shell.run("upscale", *arguments, *extra)
    assert result.code == code
    assert result.out == ""
    sentence = one_sentence(result.err)
    assert all(word in sentence for word in words), sentence
    assert shell.files() == before


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--scale", "two"], 2, "--scale"),
        (["--model", "broken"], 1, "NaN"),
    ],
)
def test_what_a_process_says_is_no_more(shell: Shell, arguments: list[str], code: int, word: str) -> None:
    """The exit code as the shell gets it, and not a word of the libraries as they are loaded and left."""
    result = shell.run_alone("upscale", "photo.png", "-o", "out.png", *arguments)
    assert (result.code, result.out) == (code, "")
    assert word in one_sentence(result.err)
    assert "out.png" not in shell.files()


@pytest.mark.usefixtures("photo")
def test_cuda_without_a_gpu(shell: Shell) -> None:
    """A process of its own: what a GPU is, CUDA asks once in each."""
    hidden = replace(shell, environment={**shell.environment, "CUDA_VISIBLE_DEVICES": "-1"})
    result = hidden.run_alone(
        "upscale", "photo.png", "-o", "out.png", "--model", "double", "--device", "cuda"
    )
    assert result.code == 1
    sentence = one_sentence(result.err)
    assert "cuda cannot be used" in sentence
    assert "--device auto or cpu" in sentence
    assert not (shell.folder / "out.png").exists()


def test_a_folder_with_bad_files_still_gives_the_good_ones(bad: Shell, photo: Picture) -> None:
    result = bad.run("upscale", ".", "missing.png", "-o", "out", "--model", "double")
    assert result.code == 1
    assert result.out.split() == ["out/photo.png", "40x30", "->", "80x60", *result.out.split()[4:]]
    for name in ("missing.png", "truncated.jpg", "bomb.png", "text.png", "nothing.png"):
        assert result.err.count(name) == 1, result.err
    assert "5 of 6 pictures failed" in result.err
    assert [path.name for path in (bad.folder / "out").iterdir()] == ["photo.png"]
    doubled = photo.pixels.repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(read_picture(bad.folder / "out" / "photo.png").pixels, doubled)


@pytest.mark.usefixtures("photo")
def test_the_unforeseen_names_the_log(shell: Shell) -> None:
    """A bug is planted in the process before it starts."""
    (shell.folder / "sitecustomize.py").write_text(
        "import unfade.cli.models as m\ndef fail(*_): raise ZeroDivisionError('a bug')\nm._record = fail\n"
    )
    patched = replace(shell, environment={**shell.environment, "PYTHONPATH": str(shell.folder)})
    result = patched.run_alone("models", "info", "double")
    assert result.code == 1
    sentence = one_sentence(result.err)
    assert "ZeroDivisionError" in sentence
    assert str(shell.log) in sentence
    assert "Traceback" in shell.log.read_text()


@pytest.mark.usefixtures("photo")
def test_without_a_place_for_the_log_the_work_goes_on(shell: Shell) -> None:
    (shell.folder / "home" / "state").write_text("no folder")
    result = shell.run_alone("upscale", "photo.png", "-o", "out.png", "--model", "double")
    assert result.code == 0
    assert (shell.folder / "out.png").exists()
