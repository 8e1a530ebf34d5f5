"""Names that are too long, and places that the system cannot look into: told, or passed over.

A name too long stands in here for all that makes the system fail where it is asked whether there is a file: a
share on the network that has gone, a folder of somebody else's.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow, ramp
from unfade.filters import Hint
from unfade.inference import Extent
from unfade.picture import write_picture
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.marks import load_marks, save_marks
from unfade.ui.queue.files import OutputFields
from unfade.ui.queue.model import Output, Queue
from unfade.ui.settings import Settings

LONG = "n" * 300
HINTS = ("colorize", "hints")
PLACED = (Hint(5, 7, "#c08060"),)


def test_recent_pictures_and_folders_that_cannot_be_looked_at_are_passed_over(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "window.ini")
    settings.add_recent_file(tmp_path / LONG)
    settings.set_folder("open", tmp_path / LONG)
    assert settings.present_recent_files() == ()
    assert settings.folder("open") == Path.home()


def test_a_name_too_long_to_save_under_is_refused_with_a_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = SaveDialog(tmp_path / "cat.png", extent=Extent(10, 10))
    qtbot.addWidget(dialog)
    dialog.name.setText(LONG)
    assert "too long" in dialog.trouble.text() and not dialog.save.isEnabled()
    dialog.name.setText("short")
    dialog.folder.setText(str(tmp_path / LONG))
    assert "does not exist" in dialog.trouble.text() and not dialog.save.isEnabled()


def test_the_queue_takes_any_path(tmp_path: Path) -> None:
    queue = Queue()
    (item,) = queue.add([tmp_path / LONG], leave_out=tmp_path / "out")
    assert Output(tmp_path / LONG).target(item, ()).parent == tmp_path / LONG


def test_results_go_to_any_folder_that_is_typed(qtbot: QtBot, tmp_path: Path) -> None:
    fields = OutputFields(Settings(tmp_path / "window.ini"))
    qtbot.addWidget(fields)
    fields.folder.setText("~nobody-of-that-name/results")
    assert fields.output().folder == Path("~nobody-of-that-name/results")


@pytest.mark.parametrize("name", ["n" * 246 + ".png", "名" * 82 + ".png"])
def test_a_picture_whose_name_leaves_no_room_for_its_marks(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    write_picture(ramp(20, 30), path)
    window = make_window(engine="none")
    window.opener.open_file(path)
    qtbot.waitUntil(lambda: window.document.path == path, timeout=WAIT)
    own = tmp_path / "marks"
    assert save_marks(path, HINTS, PLACED, own) is not None  # in the program's own folder
    assert load_marks(path, Extent(20, 30), own) == ({HINTS: PLACED}, None)
    assert save_marks(path, HINTS, (), own) is not None
    assert load_marks(path, Extent(20, 30), own) == ({}, None)
