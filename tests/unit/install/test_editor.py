"""What both editors' plug-ins share, tried without an editor."""

from __future__ import annotations

import sys
import threading
import time
from array import array
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.models import identity_model
from unfade.install import Editor, Profile, install


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    identity_model(home / "double.onnx", 2)
    identity_model(home / "blind.onnx", 1, task="deartifact")
    return install(Profile(Editor.GIMP, "GIMP 3.0", home)).folder


@pytest.fixture
def editor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The plug-in's own copy, imported as an editor does."""
    monkeypatch.syspath_prepend(str(folder))
    import unfade_editor

    yield unfade_editor
    for name in ("unfade_editor", "unfade_client"):
        sys.modules.pop(name, None)


def test_several_pictures_go_through_one_engine_with_one_progress(editor: ModuleType, folder: Path) -> None:
    unfade = editor.Unfade(folder)
    seen: list[float] = []
    pictures = [editor.Pixels(2, 1, 3, "u8", bytes(range(k, k + 6))) for k in (0, 100)]
    steps = [editor.Step("upscale", {"model": str(folder.parents[1] / "double.onnx")})]
    first, second = unfade.run_all(steps, pictures, lambda f: seen.append(f) if f is not None else None)
    assert bytes(first.pixels[:6]) == bytes([0, 1, 2, 0, 1, 2])
    assert bytes(second.pixels[:6]) == bytes([100, 101, 102, 100, 101, 102])
    assert seen == sorted(seen) and all(0 <= fraction <= 1 for fraction in seen)
    assert unfade.factor(steps) == 2


def test_what_was_asked_for_and_not_done_is_told_once(editor: ModuleType, folder: Path) -> None:
    unfade = editor.Unfade(folder)
    options = {"model": str(folder.parents[1] / "blind.onnx"), "watermark": True}
    steps, pixels = [editor.Step("deartifact", options)], editor.Pixels(2, 1, 3, "u8", bytes(range(6)))
    assert unfade.told() == ""
    unfade.run(steps, pixels, lambda _: None)
    unfade.run_all(steps, [pixels, pixels], lambda _: None)
    told = unfade.told()
    assert told.startswith("The model blind finds no watermarks") and told.count("finds") == 1
    assert unfade.told() == ""


@pytest.mark.parametrize("form", [bytes, lambda data: array("B", data), lambda data: iter([data])])
def test_pixels_come_in_one_piece_or_in_stripes(editor: ModuleType, folder: Path, form: Any) -> None:
    steps = [editor.Step("upscale", {"model": str(folder.parents[1] / "double.onnx")})]
    pixels = editor.Pixels(2, 1, 3, "u8", form(bytes(range(6))))
    result = editor.Unfade(folder).run(steps, pixels, lambda _: None)
    assert bytes(result.pixels[:6]) == bytes([0, 1, 2, 0, 1, 2])


def test_the_engine_ends_where_the_pixels_cannot_be_taken(editor: ModuleType, folder: Path) -> None:
    def broken() -> Any:
        yield bytes(3)
        raise ValueError("the layer is gone")

    started: list[Any] = []
    unfade = editor.Unfade(folder)
    start = unfade.engine
    unfade.engine = lambda: started.append(start()) or started[-1]
    with pytest.raises(ValueError, match="the layer is gone"):
        unfade.run([editor.Step("upscale", {})], editor.Pixels(2, 1, 3, "u8", broken()), lambda _: None)
    assert not started[0].alive


def test_an_engine_ahead_is_the_one_of_the_next_run(editor: ModuleType, folder: Path) -> None:
    started: list[Any] = []
    unfade = editor.Unfade(folder)
    start = unfade.engine
    unfade.engine = lambda: started.append(start()) or started[-1]
    steps = [editor.Step("upscale", {"model": str(folder.parents[1] / "double.onnx")})]
    pixels = editor.Pixels(2, 1, 3, "u8", [bytes(3), bytes(range(3))])
    with unfade.ahead():
        unfade.run(steps, pixels, lambda _: None)
        assert len(started) == 1
        unfade.run(steps, pixels, lambda _: None)
        assert len(started) == 2
    with pytest.raises(ValueError, match="the layer is gone"), unfade.ahead():
        raise ValueError("the layer is gone")
    assert len(started) == 3 and not any(engine.alive for engine in started)
    with unfade.ahead(wanted=False):
        pass
    assert len(started) == 3


def test_stripes_end_with_the_editors_tiles(editor: ModuleType) -> None:
    row, height = 3000 * 8, 1000
    samples = bytes(range(256)) * (row * height // 256)
    stripes = editor.stripes_of(samples, height, 64)
    assert b"".join(stripes) == samples and len(stripes) > 1
    assert all(len(stripe) == editor.rows_of(row, 64) * row <= editor.STRIPE for stripe in stripes[:-1])
    assert editor.rows_of(row, 64) % 64 == 0 and editor.rows_of(1 << 30, 64) == 64


def test_an_engine_is_kept_for_a_while(editor: ModuleType, folder: Path) -> None:
    pixels, steps = editor.Pixels(8, 8, 3, "u8", bytes(192)), [editor.Step("upscale", {"scale": 2.0})]
    unfade = editor.Unfade(folder, keep=60)
    unfade.run(steps, pixels, lambda _: None)
    first = unfade._kept[0]
    with pytest.raises(editor.EngineError, match="stopped"):
        unfade.run(steps, pixels, lambda _: False)
    assert unfade._kept[0] is first and first.alive  # also after a run that was cancelled
    first._process.kill()
    assert first._ended.wait(20)
    unfade.run(steps, pixels, lambda _: None)
    second = unfade._kept[0]
    assert second is not first and second.alive
    unfade._command = ["/nowhere/python3"]
    with pytest.raises(editor.EngineError, match="could not be started"):
        unfade.run(steps, pixels, lambda _: None)
    assert not second.alive
    unfade = editor.Unfade(folder, keep=0.2)
    unfade.run(steps, pixels, lambda _: None)
    brief = unfade._kept[0]
    assert brief._ended.wait(20) and unfade._kept is None
    once = editor.Unfade(folder)
    once.run(steps, pixels, lambda _: None)
    assert once._kept is None


def test_what_is_selected_is_blended(editor: ModuleType) -> None:
    mask = bytes([0, 255, 128, 0, 0, 0, 64, 0])
    assert editor.bounds_of(mask, 4) == (0, 1, 2, 2)
    before, after = bytes([10] * 16), bytes([110, 11] * 8)
    mixed = editor.blended(before, after, mask, 2, "u8")
    assert list(mixed) == [10, 10, 110, 11, 60, 11, *[10] * 6, 35, 10, 10, 10]
    floats = array("f", [4.0, -1.0]).tobytes()
    assert array(
        "f", editor.blended(floats, array("f", [2.0, 0.0]).tobytes(), b"\x80", 2, "float32")
    ) == array("f", [4 - 2 * 128 / 255, -1 + 128 / 255])
    with pytest.raises(editor.EngineError, match="no pixel in common"):
        editor.bounds_of(bytes(8), 4)
    with pytest.raises(editor.EngineError, match="no pixel in common"):
        editor.bounds_of(b"", 0)


def test_pixels_are_known_again(editor: ModuleType) -> None:
    one = editor.fingerprint([b"abc", b"def"])
    assert one == editor.fingerprint([b"abcdef"]) != editor.fingerprint([b"abcdeg"])


@pytest.mark.parametrize(
    ("code", "samples", "channels", "opaque"),
    [("B", [1, 255, 2, 0], 2, True), ("B", [1, 254], 2, False), ("H", [1, 2, 3, 65535], 4, True),
     ("H", [1, 0, 3, 65535], 2, True), ("H", [1, 255], 2, False), ("f", [0, 0, 0, 0.5], 4, False),
     ("f", [0.5, 1], 2, True)],
)  # fmt: skip
def test_half_transparent_pixels_are_noticed(
    editor: ModuleType, code: str, samples: list[float], channels: int, opaque: bool
) -> None:
    depth = {"B": "u8", "H": "u16", "f": "float32"}[code]
    one = array(code, samples)
    assert editor.is_opaque(one.tobytes(), channels, depth, holes=True) is opaque
    full = {"B": 255, "H": 65535, "f": 1}[code]
    solid = all(alpha == full for alpha in samples[channels - 1 :: channels])
    assert editor.is_opaque(one.tobytes(), channels, depth, holes=False) is solid
    many = one * (editor.STRIPE // one.itemsize // len(one) + 1)  # more than a stripe
    assert editor.is_opaque(many.tobytes(), channels, depth, holes=True) is opaque


def test_work_gives_its_result_or_raises_and_can_be_stopped(editor: ModuleType) -> None:
    done = editor.Work(lambda show: (show(0.5), "made")[1])
    done.start()
    assert done.result() == "made" and done.fraction == 0.5

    def failing(_show: Any) -> None:
        raise editor.EngineError("It broke.", "died")

    failed = editor.Work(failing)
    failed.start()
    with pytest.raises(editor.EngineError, match="It broke"):
        failed.result()
    begun = threading.Event()

    def endless(show: Any) -> str:
        while show(None):
            begun.set()
            time.sleep(0.01)
        return "stopped"

    stopped = editor.Work(endless)
    stopped.start()
    begun.wait()
    stopped.cancelled = True
    assert stopped.result() == "stopped"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (["de_AT.UTF-8", "de_AT", "de", "C"], "Kolorieren"),
        (["zh-Hans-CN", "zh-CN", "zh"], "上色"),
        (["zh_TW", "zh"], "Colorize"),  # not written as they write
        (["nl", "de", "en"], "Kolorieren"),
        (["en_GB", "en", "de"], "Colorize"),
        (["C"], "Colorize"),
        ([], "Colorize"),
    ],
)
def test_menus_speak_the_editors_language(
    editor: ModuleType, folder: Path, wanted: list[str], said: str
) -> None:
    filter = editor.Unfade(folder).filter("colorize")
    assert editor.said_in(filter.titles, wanted) == said


def test_what_is_done_and_left_goes_on_between_two_tiles(editor: ModuleType) -> None:
    now = 0.0
    pace = editor.Pace(lambda: now)
    assert pace.at(0.0) == (0.0, "")
    now = 8.0
    assert pace.at(0.0) == (0.0, "")  # nothing is known of the first tile
    assert pace.at(0.02) == (0.02, "about 7 min left")
    now = 12.0
    assert pace.at(0.02) == (pytest.approx(0.03), "about 6 min left")
    now = 100.0
    assert pace.at(0.02)[0] == pytest.approx(0.038)  # the next one takes longer
    assert pace.at(0.9)[1] == "less than a minute left"
    assert pace.at(1.0)[0] == 1.0
    assert editor.time_left(3 * 3600 + 61) == "about 3 h 1 min left"
