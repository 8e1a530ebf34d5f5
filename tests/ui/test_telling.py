"""What the window says: of work that goes on, of what is in the way, until that is no longer so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.accessibility import controls_of
from tests.ui.conftest import WAIT, MakeWindow, ramp
from tests.ui.engines import connect
from unfade.filters import Hint, Stroke
from unfade.picture import read_picture, write_picture
from unfade.ui.dialogs.help import DoctorDialog, ShortcutSheet
from unfade.ui.dialogs.picker import HintPicker
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.marks import load_marks, marks_path, own_marks_path
from unfade.ui.preview import live
from unfade.ui.queue import ItemState, QueuePanel
from unfade.ui.queue.model import state_text
from unfade.ui.queue.rows import QueueRows
from unfade.ui.saving import SaveChoice
from unfade.ui.settings import Settings
from unfade.ui.status import Notice, Work

UPSCALE = {"filter": "upscale", "options": {"scale": 2.0}}
STROKE = Stroke("add", 12, ((60.0, 60.0), (120.0, 60.0)))
MARK = ("deartifact", "strokes")


# The preview has a name, time left and Stop


def test_a_preview_that_takes_a_while_says_so_and_can_be_stopped(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_QUIET", 0.0)
    monkeypatch.setattr(live, "_COUNT_EVERY", 0.0)
    write_picture(ramp(900, 900), tmp_path / "large.png")
    window = make_window(tmp_path / "large.png", steps=[UPSCALE])
    told: list[Work] = []

    def timed() -> bool:
        work = window.preview.work()
        if work is not None:
            told.append(work)
        return any(one.seconds_left is not None and one.share < 1 for one in told)

    qtbot.waitUntil(timed, timeout=WAIT)
    qtbot.waitUntil(lambda: window.status.work.isVisible() and window.status.stop.isVisible(), timeout=WAIT)
    assert window.status.work.text().startswith("Previewing") and window.status.progress.isHidden()
    window.status.stop.click()
    assert window.preview.work() is None and not window.command("cancel").isEnabled()
    assert window.notice.text.text() == "The preview was stopped." and window.notice.isVisible()
    window.command("zoom_in").trigger()  # moving about does not begin it again
    qtbot.wait(200)
    assert window.preview.work() is None
    window.notice.remedy.click()
    assert window.notice.isHidden()
    qtbot.waitUntil(lambda: window.preview.complete, timeout=WAIT)


def test_another_picture_begins_a_preview_that_was_stopped(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "upscale", "options": {"model": "double"}}])
    window.preview.stop()
    window.notice.show_sentence("The preview was stopped.", about="preview")
    write_picture(ramp(50, 60), tmp_path / "other.png")
    window.opener.open_file(tmp_path / "other.png")
    qtbot.waitUntil(lambda: window.document.title == "other.png", timeout=WAIT)
    qtbot.waitUntil(lambda: window.preview.complete, timeout=WAIT)
    assert window.notice.isHidden()


# Notices


def test_of_several_notices_each_goes_with_its_reason(qtbot: QtBot) -> None:
    notice, done = Notice(), list[str]()
    qtbot.addWidget(notice)
    notice.show_sentence("One.", "Again", lambda: done.append("one"), about="one")
    notice.show_sentence("Two.", about="two")
    assert notice.text.text() == "Two." and notice.remedy.isHidden()
    notice.settle("other")
    assert notice.text.text() == "Two."
    notice.settle("two")
    assert notice.text.text() == "One." and not notice.isHidden() and not notice.remedy.isHidden()
    notice.show_sentence("Two.", about="two")
    notice.dismiss.click()
    notice.remedy.click()
    assert done == ["one"] and notice.isHidden()


def test_a_save_that_failed_is_told_of_until_it_is_no_longer_so(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    window = make_window(picture_file, steps=[{"filter": "upscale", "options": {"model": "double"}}])
    assert window.queue is not None
    (tmp_path / "gone").write_bytes(b"in the way")
    with qtbot.waitSignal(window.queue.not_saved, timeout=WAIT):
        window.finisher.save(SaveChoice(tmp_path / "gone" / "out.png", "png"))
    assert window.notice.isVisible()
    with qtbot.waitSignal(window.queue.saved, timeout=WAIT):
        window.finisher.save(SaveChoice(tmp_path / "other.png", "png"))
    assert window.notice.isVisible()  # another picture's success says nothing of this one
    window.queue.queue.remove({item.id for item in window.queue.queue.items})
    assert window.notice.isHidden()


def test_notices_of_a_picture_go_with_it(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    for about in ("open", "marks", "told", "whole", "preview"):
        window.notice.show_sentence(f"About {about}.", about=about)
    window.command("close_picture").trigger()
    assert window.notice.isHidden()


def test_an_engine_that_was_started_again_is_told_of_until_it_answers(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path
) -> None:
    window = make_window(
        picture_file, steps=[{"filter": "upscale", "options": {"model": "double"}}], engine="own"
    )
    qtbot.waitUntil(lambda: window.preview.complete, timeout=WAIT)
    seen: list[str] = []
    window.link.lost.connect(lambda _sentence: seen.append(window.notice.text.text()))
    assert window.link.pid is not None
    os.kill(window.link.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    window.document.change(window.document.state.with_options("upscale", scale=3.0))
    qtbot.waitUntil(lambda: bool(seen), timeout=WAIT)
    assert "started again" in seen[0]
    qtbot.waitUntil(lambda: window.preview.complete, timeout=WAIT)
    assert window.notice.isHidden() and "started again" in window.status.currentMessage()


def test_a_queue_whose_folder_may_not_be_written_to_is_not_begun(
    make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    window = make_window(engine="none", steps=[UPSCALE])
    queue, blocked = window.queue, tmp_path / "blocked"
    assert queue is not None
    queue.add([picture_file])
    blocked.write_bytes(b"in the way")
    queue.output.folder.setText(str(blocked))
    queue.output.folder.editingFinished.emit()
    window.command("queue_start").trigger()
    assert not queue.queue.active and queue.queue.running is None
    assert "is not a folder" in window.notice.text.text() and window.notice.isVisible()
    queue.queue.remove({item.id for item in queue.queue.items})
    assert window.notice.isHidden()


# Marks of pictures whose folder may not be written to


@pytest.mark.parametrize("way", ["in the way", "read-only"])
def test_what_is_painted_is_kept_elsewhere_where_it_cannot_be_beside(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, way: str
) -> None:
    if way == "read-only" and (sys.platform == "win32" or os.geteuid() == 0):
        pytest.skip("nothing is read-only to root")
    folder = tmp_path / "archive"
    folder.mkdir()
    path, own = folder / "old.png", tmp_path / "marks"
    write_picture(ramp(100, 150), path)
    if way == "read-only":
        folder.chmod(0o500)
    else:
        marks_path(path, MARK).mkdir()
    window = make_window(path, engine="none", steps=[{"filter": "deartifact", "options": {}}])
    window.document.add_stroke(STROKE)
    qtbot.waitUntil(lambda: own_marks_path(own, path, MARK).exists(), timeout=WAIT)
    qtbot.waitUntil(lambda: str(own) in window.notice.text.text(), timeout=WAIT)
    window.close_picture()
    window.opener.open_file(path)
    qtbot.waitUntil(lambda: window.document.picture is not None, timeout=WAIT)
    assert window.document.strokes == (STROKE,)
    if way == "in the way":
        marks_path(path, MARK).rmdir()
    folder.chmod(0o700)
    window.document.add_stroke(STROKE)
    window.close_picture()
    qtbot.waitUntil(marks_path(path, MARK).is_file, timeout=WAIT)
    qtbot.waitUntil(lambda: not own_marks_path(own, path, MARK).exists(), timeout=WAIT)


# The queue's rows


def test_a_row_says_what_was_lost(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    page = Image.new("RGB", (24, 20), "teal")
    page.save(folder / "two.tif", save_all=True, append_images=[page])
    settings = Settings(tmp_path / "window.ini")
    settings.set_output_folder(tmp_path / "out")
    steps = [{"filter": "upscale", "options": {"model": "double"}}]
    panel = QueuePanel(lambda: steps, settings, connect=connect)
    qtbot.addWidget(panel, before_close_func=lambda one: one.close_down())
    panel.add([folder])
    panel.start()
    qtbot.waitUntil(lambda: panel.queue.count(ItemState.DONE) == 1, timeout=WAIT)
    (item,) = panel.queue.items
    assert item.sentence and item.sentence in state_text(item)
    rows = panel.list.model()
    assert isinstance(rows, QueueRows)
    assert item.sentence in rows.data(rows.index(0), Qt.ItemDataRole.ToolTipRole)


# AVIF and JPEG XL


@pytest.mark.parametrize(("name", "suffix"), [("avif", ".avif"), ("jxl", ".jxl")])
def test_newer_formats_are_offered_and_written(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    window = make_window(picture_file, steps=[{"filter": "upscale", "options": {"model": "double"}}])
    dialog = SaveDialog(picture_file, window, filters=("upscale",))
    dialog.show()
    dialog.name.setText(f"new{suffix}")
    dialog.name.editingFinished.emit()
    choice = dialog.choice()
    dialog.close()
    assert choice.format == name and dialog.quality.isEnabled()
    assert window.queue is not None
    with qtbot.waitSignal(window.queue.saved, timeout=WAIT):
        window.finisher.save(choice)
    assert read_picture(tmp_path / f"new{suffix}").width == 600


# Dialogs by keyboard


def test_enter_presses_the_main_button_of_every_dialog(
    qtbot: QtBot, picture_file: Path, make_window: MakeWindow
) -> None:
    window = make_window(picture_file, engine="none")
    accepted, rejected = QDialog.DialogCode.Accepted, QDialog.DialogCode.Rejected
    answer = (sys.executable, "-c", "")

    def dialogs() -> list[tuple[QDialog, QDialog.DialogCode]]:
        return [
            (SaveDialog(picture_file, window, filters=("upscale",)), accepted),
            (HintPicker(0.5, window, colour="#808080"), accepted),
            (DoctorDialog(window, command=answer), rejected),
            (ShortcutSheet(window.commands.values(), window), rejected),
        ]

    kinds = len(dialogs())
    for kind in range(kinds):
        count = len(_fields(dialogs()[kind][0]))
        for number in range(count):
            dialog, wanted = dialogs()[kind]
            dialog.show()
            field = _fields(dialog)[number]
            if not field.isVisible() or not field.isEnabled():
                continue
            results: list[int] = []
            dialog.finished.connect(results.append)
            field.setFocus()
            qtbot.keyClick(field, Qt.Key.Key_Return)
            assert results == [wanted], (type(dialog).__name__, type(field).__name__, field.accessibleName())


def _fields(dialog: QDialog) -> list[QWidget]:
    """What the Tab key comes to, but for buttons, which Enter presses themselves."""
    return [one for one in controls_of(dialog) if not hasattr(one, "click")]


# A crash


def test_a_crash_costs_nothing(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    album, settings = tmp_path / "album", tmp_path / "window.ini"
    album.mkdir()
    write_picture(ramp(20, 30), album / "a.png")
    driver = Path(__file__).with_name("crash_driver.py")
    process = subprocess.Popen(
        [sys.executable, str(driver), str(settings), str(picture_file), str(album)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    strokes, hints = (
        marks_path(picture_file, ("repair", "strokes")),
        marks_path(picture_file, ("colorize", "hints")),
    )

    def kept() -> bool:
        queue = next((tmp_path / "queue").glob("*.queue.json"), None)
        return (
            strokes.exists()
            and hints.exists()
            and queue is not None
            and len(json.loads(queue.read_text() or "{}").get("items", ())) == 1
            and settings.exists()
            and "repair" in settings.read_text()
        )

    try:
        qtbot.waitUntil(kept, timeout=WAIT)
    finally:
        process.kill()
        process.wait()
    window = make_window(picture_file, engine="none")
    state = window.document.state
    assert state.filters == ("repair", "colorize", "upscale") and state.options("upscale").scale == 3.0
    assert state.options("repair").strokes == (STROKE,)
    assert window.document.hints == (Hint(5, 7, "#c08060"),)
    assert window.queue is not None
    assert [item.source.name for item in window.queue.queue.items] == ["a.png"]
    assert "wait in the queue: 1" in window.notice.text.text()
    found, trouble = load_marks(picture_file, window.document.extent, tmp_path / "marks")  # type: ignore[arg-type]
    assert trouble is None and len(found) == 2
