"""Nothing lost, nothing in the way: saves, queue, marks and settings, through closing, crashing, going on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow, ramp
from unfade.filters import Hint, Stroke
from unfade.picture import Picture, read_picture, write_picture
from unfade.ui.canvas.images import picture_of
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.marks import marks_path
from unfade.ui.queue import ItemState, QueuePanel
from unfade.ui.saving import SaveChoice, refusal
from unfade.ui.settings import Settings
from unfade.ui.window import Window

UPSCALE = {"filter": "upscale", "options": {"scale": 2.0, "model": "double"}}
STROKE = Stroke("add", 12, ((60.0, 60.0), (120.0, 60.0)))


def queue_of(window: Window) -> QueuePanel:
    assert window.queue is not None
    return window.queue


def previewed(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.preview.plan is not None and window.preview.complete, timeout=WAIT)


def large(tmp_path: Path) -> Path:
    """A picture that takes the queue's engine some seconds."""
    write_picture(ramp(600, 600), tmp_path / "large.png")
    return tmp_path / "large.png"


def open_large(make_window: MakeWindow, tmp_path: Path) -> Window:
    """A window in which nothing is previewed, so that saving runs the network."""
    window = make_window(large(tmp_path), steps=[{"filter": "upscale", "options": {"scale": 2.0}}])
    window.preview.pause(True)
    window.preview.results.cache.clear()
    return window


def at_work(window: Window) -> bool:
    running = queue_of(window).queue.running
    return running is not None and running.share > 0


def answer(role: QMessageBox.ButtonRole, asked: list[str]) -> None:
    """Answers the question that comes next by the button of that role."""

    def press() -> None:
        question = QApplication.activeModalWidget()
        if not isinstance(question, QMessageBox):
            QTimer.singleShot(50, press)
            return
        asked.append(question.text())
        next(button for button in question.buttons() if question.buttonRole(button) is role).click()

    QTimer.singleShot(0, press)


# Saving is a job of the queue


def test_saving_uses_the_preview_that_is_there_and_no_engine(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    steps = [{"filter": "deartifact", "options": {"strength": 0.6}}, UPSCALE]
    window = make_window(picture_file, steps=steps)
    previewed(qtbot, window)
    queue_of(window).runner._worker._connect = lambda: pytest.fail("an engine was started")
    with qtbot.waitSignal(queue_of(window).saved, timeout=WAIT):
        window.finisher.save(SaveChoice(tmp_path / "out.png", "png"))
    made = read_picture(tmp_path / "out.png").pixels.astype(int)
    results: list[Picture] = []
    window.preview.results.cache.clear()  # now the network has to run
    window.whole.run(lambda finished: results.append(finished.picture))
    qtbot.waitUntil(lambda: bool(results), timeout=WAIT)
    assert made.shape == results[0].pixels.shape == (560, 600, 3)
    assert np.abs(made - results[0].pixels).max() <= 1


def test_the_next_picture_is_previewed_and_saved_while_one_is_saved(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    window = open_large(make_window, tmp_path)
    said: list[str] = []
    window.status.messageChanged.connect(said.append)
    window.finisher.save(SaveChoice(tmp_path / "first.png", "png"))
    qtbot.waitUntil(lambda: at_work(window), timeout=WAIT)
    assert "Saving first.png" in window.status.work.text() and window.status.stop.isVisible()
    assert window.command("save").isEnabled()
    window.preview.pause(False)
    window.opener.open_file(picture_file)
    window.start_with([UPSCALE])
    qtbot.waitUntil(lambda: window.document.title == "ramp.png", timeout=WAIT)
    previewed(qtbot, window)
    assert at_work(window)
    window.finisher.save(SaveChoice(tmp_path / "second.png", "png"))
    qtbot.waitUntil(lambda: not queue_of(window).queue.at_work, timeout=WAIT)
    assert read_picture(tmp_path / "first.png").width == 1200
    assert read_picture(tmp_path / "second.png").width == 600
    assert window.status.work.isHidden() and window.status.follow_up.isVisible()
    assert [text for text in said if text.startswith("Saved as")] == [
        f"Saved as {name}." for name in ("first.png", "second.png")
    ]
    assert window.command("show_saved").isEnabled()


def test_a_save_that_is_stopped_says_so(qtbot: QtBot, make_window: MakeWindow, tmp_path: Path) -> None:
    window = open_large(make_window, tmp_path)
    window.finisher.save(SaveChoice(tmp_path / "out.png", "png"))
    qtbot.waitUntil(lambda: at_work(window), timeout=WAIT)
    qtbot.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert at_work(window)  # Esc is no way to lose a save
    window.status.stop.click()
    qtbot.waitUntil(lambda: not queue_of(window).queue.at_work, timeout=WAIT)
    assert window.status.currentMessage() == "Stopped: out.png was not saved."
    assert not (tmp_path / "out.png").exists()
    assert queue_of(window).queue.items[0].state is ItemState.CANCELLED


def test_a_failure_stays_until_the_save_succeeds(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    window = make_window(picture_file, steps=[UPSCALE])
    folder = tmp_path / "gone"
    folder.mkdir()
    choice = SaveChoice(folder / "out.png", "png")
    folder.rmdir()
    folder.write_bytes(b"in the way")
    with qtbot.waitSignal(queue_of(window).not_saved, timeout=WAIT):
        window.finisher.save(choice)
    assert window.notice.isVisible() and "out.png" in window.notice.text.text()
    folder.unlink()
    with qtbot.waitSignal(queue_of(window).saved, timeout=WAIT):
        window.notice.remedy.click()
    assert window.notice.isHidden() and read_picture(choice.path).width == 600


@pytest.mark.skipif(sys.platform != "linux", reason="a folder that root cannot write to either")
def test_a_folder_that_may_not_be_written_to_is_refused_in_the_dialog(
    qtbot: QtBot, picture_file: Path
) -> None:
    assert "may not be written to" in str(refusal(SaveChoice(Path("/proc/self/a.png"), "png"), None))
    dialog = SaveDialog(picture_file)
    qtbot.addWidget(dialog)
    dialog.folder.setText("/proc/self")
    assert not dialog.save.isEnabled() and "may not be written to" in dialog.trouble.text()


# Closing


@pytest.mark.parametrize("answered", ["stay", "stop", "save"])
def test_closing_asks_about_what_is_being_saved(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, answered: str
) -> None:
    roles = {
        "stay": QMessageBox.ButtonRole.RejectRole,
        "stop": QMessageBox.ButtonRole.DestructiveRole,
        "save": QMessageBox.ButtonRole.AcceptRole,
    }
    window = open_large(make_window, tmp_path)
    closed: list[bool] = []
    window.closed.connect(lambda: closed.append(True))
    window.finisher.save(SaveChoice(tmp_path / "out.png", "png"))
    qtbot.waitUntil(lambda: at_work(window), timeout=WAIT)
    asked: list[str] = []
    answer(roles[answered], asked)
    window.close()
    assert asked == ["out.png is not saved yet."]
    if answered == "stay":
        assert window.isVisible() and not closed
        window.close_unasked()
    elif answered == "stop":
        assert closed
    else:
        qtbot.waitUntil(lambda: bool(closed), timeout=WAIT)
        assert read_picture(tmp_path / "out.png").width == 1200
    assert (tmp_path / "out.png").exists() is (answered == "save")
    again = make_window(engine="none")
    waiting = [item.name for item in queue_of(again).queue.items]
    assert waiting == ([] if answered == "save" else ["out.png"])


def test_an_unfinished_queue_is_there_again_and_goes_on(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    Settings(tmp_path / "window.ini").set_output_folder(tmp_path / "results")
    window = open_large(make_window, tmp_path)
    window.document.add_hint(Hint(1, 1, "#804020"))
    queue_of(window).add([picture_file])
    window.finisher.save(SaveChoice(tmp_path / "out.png", "png", keep_exif=False, dpi=300))
    qtbot.waitUntil(lambda: at_work(window), timeout=WAIT)
    window.close_unasked()
    again = make_window(steps=[UPSCALE])
    assert [item.name for item in queue_of(again).queue.items] == ["ramp.png", "out.png"]
    assert not queue_of(again).queue.at_work and again.dock.isVisible()
    assert "2" in again.notice.text.text()
    again.notice.remedy.click()
    qtbot.waitUntil(lambda: queue_of(again).queue.count(ItemState.DONE) == 2, timeout=WAIT)
    assert read_picture(tmp_path / "out.png").metadata.dpi == pytest.approx((300, 300), abs=0.1)
    assert read_picture(tmp_path / "results" / "ramp.png").width == 600
    assert again.notice.isHidden()
    again.close()
    assert queue_of(make_window(engine="none")).queue.items == []


def test_a_queue_survives_a_crash_also_of_a_picture_without_a_file(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    window = make_window(steps=[UPSCALE])
    window.opener.open_picture(ramp(50, 60), "Pasted picture")
    qtbot.waitUntil(lambda: window.document.picture is not None, timeout=WAIT)
    queue = queue_of(window)
    queue.runner.go_on = lambda: None  # type: ignore[method-assign] # as if it had come to nothing yet
    window.finisher.save(SaveChoice(tmp_path / "out.png", "png"))
    queue._update()
    queue._store.wait()
    (kept,) = (tmp_path / "queue").glob("*.queue.json")
    left = kept.read_text()
    window.close_unasked()
    for path in (tmp_path / "queue").glob("*.queue.json*"):
        path.unlink()
    (tmp_path / "queue" / "crashed.queue.json").write_text(left)
    (tmp_path / "queue" / "damaged.queue.json").write_text("{")
    again = make_window(steps=[UPSCALE])
    with qtbot.waitSignal(queue_of(again).saved, timeout=WAIT):
        again.notice.remedy.click()
    assert read_picture(tmp_path / "out.png").width == 120
    again.close()
    assert list((tmp_path / "queue").iterdir()) == []


def test_two_windows_do_not_take_each_others_queue(make_window: MakeWindow, picture_file: Path) -> None:
    first = make_window(engine="none")
    queue_of(first).add([picture_file])
    second = make_window(engine="none")
    assert queue_of(second).queue.items == []
    assert len(queue_of(first).queue.items) == 1


# Marks and settings


def test_what_is_painted_is_there_again_with_the_picture(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.png"
    write_picture(ramp(50, 60), other)
    window = make_window(picture_file, engine="none")
    window.document.add_stroke(STROKE)
    window.opener.open_file(other)
    qtbot.waitUntil(lambda: window.document.title == "other.png", timeout=WAIT)
    assert window.document.strokes == ()
    kept = marks_path(picture_file, ("deartifact", "strokes"))
    qtbot.waitUntil(kept.exists, timeout=WAIT)
    assert json.loads(kept.read_text())[0]["mode"] == "add"  # as --strokes takes it
    window.opener.open_file(picture_file)
    qtbot.waitUntil(lambda: window.document.title == "ramp.png", timeout=WAIT)
    assert window.document.strokes == (STROKE,)


def test_settings_are_kept_without_closing(qtbot: QtBot, make_window: MakeWindow, tmp_path: Path) -> None:
    window = make_window(engine="none")
    window.command("deartifact").setChecked(True)
    window.document.change(window.document.state.with_options("upscale", scale=3.0))
    settings = tmp_path / "window.ini"
    qtbot.waitUntil(lambda: settings.exists() and "3.0" in settings.read_text(), timeout=WAIT)
    again = make_window(engine="none")
    assert again.document.state.enabled == {"upscale", "deartifact"}


def test_camera_data_off_is_remembered(qtbot: QtBot, picture_file: Path, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "window.ini")
    for expected in (True, False):
        dialog = SaveDialog(picture_file, settings=settings)
        qtbot.addWidget(dialog)
        assert dialog.choice().keep_exif is expected
        dialog.keep_exif.setChecked(False)
        dialog.accept()


# The keyboard


def test_enter_in_the_save_dialog_saves_wherever_the_focus_is(qtbot: QtBot, picture_file: Path) -> None:
    for name in ("name", "folder", "quality", "dpi", "keep_exif"):
        dialog = SaveDialog(picture_file, filters=("upscale",))
        qtbot.addWidget(dialog)
        dialog.show()
        dialog.format.setCurrentIndex(1)
        field = getattr(dialog, name)
        field.setFocus()
        qtbot.keyClick(field, Qt.Key.Key_Return)
        assert dialog.result() == QDialog.DialogCode.Accepted, name


def test_no_menu_has_a_letter_twice(make_window: MakeWindow) -> None:
    window = make_window(engine="none")
    bar = window.menuBar()
    assert bar is not None
    for entry in bar.actions():
        menu = entry.menu()
        assert menu is not None
        texts = [action.text().replace("&&", "") for action in menu.actions() if not action.isSeparator()]
        letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
        assert sorted(set(letters)) == sorted(letters), (entry.text(), texts)


def test_the_open_dialog_begins_where_the_picture_is(
    make_window: MakeWindow, picture_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(picture_file, engine="none")
    begun: list[str] = []
    monkeypatch.setattr(
        QFileDialog,
        "getOpenFileName",
        lambda _parent, _title, folder, _types: (begun.append(folder), ("", ""))[1],
    )
    window.command("open").trigger()
    assert begun == [str(picture_file.parent)]


# The screen


def test_the_first_window_fits_the_screen(make_window: MakeWindow) -> None:
    window = make_window(engine="none")
    window._take_its_place()
    screen = window.screen()
    assert screen is not None
    room = screen.availableGeometry()
    assert window.width() <= room.width() and window.height() <= room.height()
    window.dock.show()
    least = window.minimumSizeHint()
    assert least.width() <= 720 - 8 and least.height() <= 450 - 40  # 1440 x 900 at scale 2


def test_the_mask_is_not_in_the_way(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, steps=[{"filter": "deartifact", "options": {"model": "clean"}}])
    assert not window.command("show_mask").isChecked()
    window.command("tool_mark").setChecked(True)
    assert not window.command("show_mask").isChecked()
    previewed(qtbot, window)

    def magenta() -> int:
        pixels = picture_of(window.canvas.grab().toImage()).pixels.astype(int)
        red, green, blue = (pixels[..., channel] for channel in range(3))
        return int(((red - green > 60) & (blue - green > 30)).sum())

    qtbot.waitUntil(lambda: window.canvas.settled, timeout=WAIT)
    before = magenta()
    window.document.add_stroke(STROKE)
    previewed(qtbot, window)
    assert magenta() <= before + 20  # the result is to be seen at once
    window.command("show_mask").setChecked(True)
    qtbot.waitUntil(lambda: magenta() > before + 300, timeout=WAIT)


def test_adding_a_folder_shows_the_queue(
    make_window: MakeWindow, picture_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(engine="none")
    assert window.dock.isHidden()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(picture_file.parent))
    window.command("queue_add_folder").trigger()
    assert window.dock.isVisible() and len(queue_of(window).queue.items) == 1


# What others have


def test_next_and_previous_picture_of_the_folder(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    for name in ("a.png", "B.jpg", "c.webp"):
        write_picture(ramp(20, 30), folder / name)
    (folder / "notes.txt").write_text("no picture")
    window = make_window(folder / "a.png", engine="none")

    def goes(id: str, title: str) -> None:
        window.command(id).trigger()
        qtbot.waitUntil(lambda: window.document.title == title, timeout=WAIT)

    goes("next_picture", "B.jpg")
    goes("next_picture", "c.webp")
    window.command("next_picture").trigger()
    assert window.status.currentMessage() == "This is the last picture of the folder."
    goes("previous_picture", "B.jpg")


def test_a_picture_in_colour_is_warned_of_before_it_is_colorized(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    gray = ramp(60, 80, 1).pixels / 255
    toned = np.concatenate([gray**0.8, gray, gray**1.3], axis=2)  # sepia
    write_picture(Picture(np.rint(toned * 255).astype(np.uint8)), tmp_path / "toned.png")
    write_picture(ramp(60, 80), tmp_path / "colour.png")
    write_picture(ramp(60, 80, 1), tmp_path / "gray.png")
    window = make_window(engine="none", steps=[{"filter": "colorize", "options": {}}])
    panel = window.panels.frames["colorize"]
    for name, warned in (("toned.png", False), ("colour.png", True), ("gray.png", False)):
        window.opener.open_file(tmp_path / name)
        qtbot.waitUntil(lambda name=name: window.document.title == name, timeout=WAIT)
        assert panel.warning.isVisible() is warned, name  # type: ignore[attr-defined]


def test_a_model_is_chosen_beside_detail(qtbot: QtBot, make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, steps=[{"filter": "upscale", "options": {"detail": 0.5}}])
    panel = window.panels.frames["upscale"]
    names = [panel.model.list.itemData(row) for row in range(panel.model.list.count())]
    assert names[0] is None and "double" in names
    panel.model.list.setCurrentIndex(names.index("double"))
    panel.model.list.activated.emit(names.index("double"))
    options = window.document.state.options("upscale")
    assert (options.model, options.detail) == ("double", None)
    previewed(qtbot, window)
    assert window.notice.isHidden() and window.preview.results.report["model"] == "double"
    window.command("undo").trigger()
    assert panel.model.list.currentIndex() == 0 and window.document.state.options("upscale").detail == 0.5


def test_a_picture_is_no_recipe_and_is_called_so(
    make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(ramp(20, 30), tmp_path / "cat.jpg")
    window = make_window(engine="none")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "cat.jpg"), ""))
    said: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda _parent, _title, text: said.append(text))
    window.command("load_recipe").trigger()
    assert "is a picture" in said[0] and "JSON" not in said[0]


def test_dialogs_have_one_main_button_that_enter_presses(qtbot: QtBot, picture_file: Path) -> None:
    dialog = SaveDialog(picture_file)
    qtbot.addWidget(dialog)
    assert [button for button in dialog.findChildren(QPushButton) if button.isDefault()] == [dialog.save]
