"""The whole window with a real engine: opening, previewing, saving, stopping, closing, and its event loop."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QTimer, QUrl
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from tests.ui.accessibility import nameless, unreachable
from tests.ui.conftest import WAIT, MakeWindow, ramp
from unfade.filters import Hint, Recipe, Stroke, scaled_bounds
from unfade.inference import Device, Engine
from unfade.picture import Picture, read_picture, write_picture
from unfade.service.client import Client
from unfade.ui.canvas.images import picture_of
from unfade.ui.document import ORDER, State
from unfade.ui.language import LANGUAGES, install_language
from unfade.ui.link import EngineLink
from unfade.ui.marks import marks_path
from unfade.ui.panels.own import UpscalePanel
from unfade.ui.preview.tiles import Place, bounds_of
from unfade.ui.saving import SaveChoice
from unfade.ui.settings import Settings
from unfade.ui.window import Window

UPSCALE = {"filter": "upscale", "options": {"scale": 2.0, "model": "double"}}
HINTS = [{"x": 200.0, "y": 40.0, "color": "#3050c0"}]


def hints_path(picture: Path) -> Path:
    return marks_path(picture, ("colorize", "hints"))


def complete(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.preview.plan is not None and window.preview.complete, timeout=WAIT)


def begun(window: Window) -> bool:
    """Whether some of the whole result is done."""
    work = window.whole.work()
    return work is not None and work.share > 0


def expected(window: Window) -> Picture:
    """What the engine makes of the document, in this process."""
    recipe = Recipe.from_json({"steps": window.document.state.steps})
    assert window.document.picture is not None
    return recipe.open(Engine(Device.parse("cpu"), threads=1)).run(window.document.picture).picture


@pytest.mark.parametrize(
    ("steps", "tolerance"),
    [
        ([UPSCALE], 0),
        ([{**UPSCALE, "options": {"scale": 2.0, "strength": 0.4, "model": "double"}}], 1),
        ([{"filter": "deartifact", "options": {"strength": 0.4}}], 1),
        ([{"filter": "colorize", "options": {"saturation": 1.7, "strength": 0.6, "hints": HINTS}}], 2),
        ([{"filter": "deartifact", "options": {}}, {"filter": "colorize", "options": {"strength": 0.5}}], 2),
        ([{"filter": "deartifact", "options": {"strength": 0.5}}, UPSCALE], 0),
    ],
)
def test_the_preview_is_the_result(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, steps: list[dict], tolerance: int
) -> None:
    window = make_window(picture_file, steps=steps)
    complete(qtbot, window)
    whole, extent = expected(window), window.document.extent
    assert extent is not None
    for place in (Place(0, 0), Place(1, 1)):
        qtbot.waitUntil(lambda place=place: window.preview.results.image(place) is not None, timeout=WAIT)
        shown = window.preview.results.image(place)
        assert shown is not None
        at = scaled_bounds(bounds_of(place, extent), window.document.state.scale)
        part = whole.pixels[at.y : at.bottom, at.x : at.right, :3]
        found = picture_of(shown.image).pixels[..., :3]
        assert np.abs(found.astype(int) - part).max() <= tolerance


def test_moving_strength_asks_for_nothing(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, steps=[UPSCALE])
    complete(qtbot, window)
    answers: list[object] = []
    window.link.answered.connect(lambda *answer: answers.append(answer))
    before = window.preview.results.image(Place(0, 0))
    window.panels.of(UpscalePanel).strength.slider.setValue(20)
    qtbot.waitUntil(lambda: window.preview.results.image(Place(0, 0)) not in (None, before), timeout=WAIT)
    assert window.preview.complete and answers == []
    assert window.document.state.options("upscale").strength == 0.2


def test_undo_brings_the_old_result_back_at_once(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, steps=[UPSCALE])
    complete(qtbot, window)
    window.panels.of(UpscalePanel).presets[1.5].click()
    complete(qtbot, window)
    assert window.panels.of(UpscalePanel).width_field.value() == 450
    window.command("undo").trigger()
    assert window.preview.complete
    assert window.panels.of(UpscalePanel).width_field.value() == 600


def test_a_size_in_pixels_sets_the_scale(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    window.panels.of(UpscalePanel).width_field.setValue(750)
    assert window.document.state.options("upscale").scale == 2.5
    assert window.panels.of(UpscalePanel).height_field.value() == 700


def test_more_looks_are_asked_for_and_undone(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, steps=[UPSCALE])
    complete(qtbot, window)
    before, looks = window.preview.results.image(Place(0, 0)), window.panels.of(UpscalePanel).looks
    assert (looks.value(), looks.minimum(), looks.maximum()) == (1, 1, 8)
    looks.setValue(4)
    assert window.document.state.options("upscale").looks == 4
    qtbot.waitUntil(lambda: window.preview.results.image(Place(0, 0)) not in (None, before), timeout=WAIT)
    complete(qtbot, window)
    window.command("undo").trigger()
    assert looks.value() == 1 and window.preview.complete


def test_the_saved_file_is_the_whole_result(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    window = make_window(picture_file, steps=[UPSCALE])
    out = tmp_path / "out.png"
    assert window.queue is not None
    with qtbot.waitSignal(window.queue.saved, timeout=WAIT):
        window.finisher.save(SaveChoice(out, "png"))
    np.testing.assert_array_equal(read_picture(out).pixels, expected(window).pixels)


def test_a_run_can_be_stopped(qtbot: QtBot, make_window: MakeWindow, tmp_path: Path) -> None:
    """In an editor's window, whose Apply tells how far it is and has a Stop beside it."""
    write_picture(ramp(1600, 1600), tmp_path / "large.png")
    window = make_window(tmp_path / "large.png", steps=[UPSCALE], hosted=True)
    window.command("zoom_actual").trigger()  # the preview goes on with what is in view, a quarter
    results: list[object] = []
    window.finisher.applied.connect(lambda finished, _steps: results.append(finished))
    window.command("apply").trigger()
    qtbot.waitUntil(lambda: begun(window), timeout=WAIT)
    assert window.command("cancel").isEnabled() and not window.command("apply").isEnabled()
    assert window.status.stop.isVisible() and "Making the whole result" in window.status.work.text()
    with qtbot.waitSignal(window.whole.busy, timeout=WAIT):
        window.command("cancel").trigger()
    assert results == [] and window.notice.isHidden()
    complete(qtbot, window)  # the preview goes on


@pytest.mark.parametrize(("name", "content"), [("text.jpg", b"no picture"), ("empty.png", b"")])
def test_wrong_files_are_told_of(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    window = make_window(picture_file, engine="none")
    picture = window.document.picture
    with qtbot.waitSignal(window.loader.failed, timeout=WAIT):
        window.opener.open_file(tmp_path / name)
    assert name in window.notice.text.text() and window.notice.isVisible()
    assert window.document.picture is picture


def test_a_window_begins_with_nothing_to_undo(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(engine="none")
    window.start_with([UPSCALE])
    assert not window.command("undo").isEnabled()
    window.command("deartifact").setChecked(True)
    assert window.command("undo").isEnabled()
    opened = make_window(picture_file, engine="none")
    assert opened.status.currentMessage() == ""  # it said that it was opening


@pytest.mark.parametrize("language", LANGUAGES)
def test_panels_keep_their_margin_beside_the_scroll_bar(
    qapp: QApplication, make_window: MakeWindow, language: str
) -> None:
    install_language(qapp, language)
    try:
        window = make_window(engine="none")
    finally:
        install_language(qapp, "en")
    window.resize(800, 400)
    for task in ORDER:
        window.command(task).setChecked(True)
    qapp.processEvents()
    area = window.panels.findChild(QScrollArea)
    assert area is not None
    bar, viewport = area.verticalScrollBar(), area.viewport()
    assert bar is not None and bar.isVisible() and viewport is not None
    for frame in window.panels.frames.values():
        assert frame.minimumSizeHint().width() <= frame.width() == viewport.width()


def test_pictures_are_dropped_and_pasted(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(steps=[UPSCALE])
    assert window.pages.currentWidget() is window.welcome
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(picture_file))])
    assert window.opener.takes(data) and window.opener.take(data, "dropped")
    qtbot.waitUntil(lambda: window.document.picture is not None, timeout=WAIT)
    complete(qtbot, window)
    with qtbot.waitSignal(window.whole.busy, check_params_cb=lambda busy: not busy, timeout=WAIT):
        window.command("copy").trigger()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None and clipboard.image().width() == 600
    window.command("paste").trigger()
    qtbot.waitUntil(lambda: window.document.extent is not None and window.document.extent.width == 600)
    assert window.document.path is None
    folder = QMimeData()
    folder.setUrls([QUrl.fromLocalFile(str(picture_file.parent))])
    window.opener.take(folder, "")
    assert window.queue is not None and len(window.queue.queue.items) == 1
    window.command("close_picture").trigger()
    assert window.pages.currentWidget() is window.welcome


def test_hints_are_kept_beside_the_picture(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    window.document.add_hint(Hint(10, 20, "#804020"))
    qtbot.waitUntil(hints_path(picture_file).exists, timeout=WAIT)
    again = make_window(picture_file, engine="none")
    assert again.document.hints == (Hint(10, 20, "#804020"),)
    again.document.remove_hint(0)
    again.keeper.close()
    assert not hints_path(picture_file).exists()


def test_damaged_hints_are_told_of_and_left_alone(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    hints_path(picture_file).write_text("[{]")
    window = make_window(picture_file, engine="none")
    qtbot.waitUntil(window.notice.isVisible, timeout=WAIT)
    assert ".hints.json" in window.notice.text.text()
    assert hints_path(picture_file).read_text() == "[{]"


def test_a_crash_of_the_engine_is_told_of_and_survived(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(picture_file, steps=[UPSCALE], engine="own")
    complete(qtbot, window)
    window.document.add_hint(Hint(10, 20, "#804020"))
    assert window.link.pid is not None
    with qtbot.waitSignal(window.link.listed, timeout=WAIT):
        os.kill(window.link.pid, signal.SIGKILL)
        window.panels.of(UpscalePanel).presets[3.0].click()
    assert "started again" in window.notice.text.text()
    complete(qtbot, window)
    assert window.document.hints and window.document.state.options("upscale").scale == 3


def test_an_engine_that_can_be_started_after_all_goes_to_work(
    qtbot: QtBot, picture_file: Path, tmp_path: Path
) -> None:
    broken = [sys.executable, "-c", "raise SystemExit('the driver is busy')"]
    mended = [sys.executable, "-m", "unfade", "serve", "--device", "cpu"]
    commands = iter([broken, mended])
    link = EngineLink(lambda: Client(next(commands)))
    window = Window(Settings(tmp_path / "window.ini"), link)
    window.start_with([UPSCALE])
    window.show()
    with qtbot.waitSignal(link.unavailable, timeout=WAIT):
        link.start()
    with qtbot.waitSignal(link.refused, timeout=WAIT):  # of the preview
        window.opener.open_file(picture_file)
    assert window.document.picture is not None
    assert "the driver is busy" in window.notice.text.text()
    window.notice.remedy.click()
    complete(qtbot, window)
    window.close()


def test_settings_are_remembered_but_not_marks(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    state = window.document.state.with_options("upscale", scale=3.0)
    window.document.change(state.with_options("deartifact", strokes=(Stroke("keep", 3, ((1, 1),)),)))
    window.close()
    state = make_window(engine="none").document.state
    assert state.options("upscale").scale == 3 and state.options("deartifact") == State().options(
        "deartifact"
    )


def test_everything_has_a_name_and_can_be_reached(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    for task in ORDER:
        window.command(task).setChecked(True)
    assert nameless(window) == []
    assert unreachable(window.panels) == []
    lacking = [id for id, action in window.commands.items() if not action.text()]
    assert lacking == []


def test_closing_in_the_middle_leaves_no_process(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    write_picture(ramp(1600, 1600), tmp_path / "large.png")
    window = make_window(tmp_path / "large.png", engine="own")
    window.command("zoom_actual").trigger()
    window.whole.run(lambda _finished: None)
    qtbot.waitUntil(lambda: begun(window), timeout=WAIT)
    pid = window.link.pid
    assert pid is not None
    window.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_event_loop_never_waits(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """12 megapixels are read, shown, enlarged and moved about; no turn of the loop takes as long as reading.

    What counts is the thread's own time on the processor, beside that of reading in the same run: machines
    differ, and a busy one lets every process wait. bench/window.py has the milliseconds.
    """
    write_picture(ramp(3000, 4000), tmp_path / "large.jpg")
    begun = time.thread_time()
    read_picture(tmp_path / "large.jpg")
    reading = time.thread_time() - begun
    window = make_window()
    gc.collect()
    gc.disable()  # going through what thousands of tests have left takes longer than any turn of the loop
    request.addfinalizer(gc.enable)
    longest, last = [0.0], [time.thread_time()]

    def beat() -> None:
        now = time.thread_time()
        longest[0], last[0] = max(longest[0], now - last[0]), now

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(5)
    window.opener.open_file(tmp_path / "large.jpg")
    qtbot.waitUntil(lambda: window.document.picture is not None, timeout=WAIT)
    window.command("zoom_actual").trigger()
    complete(qtbot, window)
    for step in range(10):
        assert window.canvas.viewport is not None
        window.canvas.set_viewport(window.canvas.viewport.moved(-60, -40))
        window.panels.of(UpscalePanel).strength.slider.setValue(90 - step)
        qtbot.wait(20)
    window.command("zoom_fit").trigger()
    qtbot.wait(500)
    assert longest[0] < reading
