"""A window in which somebody has begun a lot, for tests that kill it: SETTINGS PICTURE FOLDER.

A program of its own. No engine is started: nothing that is kept depends on one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from unfade.filters import Hint, Stroke
from unfade.ui.link import EngineLink
from unfade.ui.settings import Settings
from unfade.ui.window import Window

settings, picture, folder = (Path(name) for name in sys.argv[1:])
app = QApplication([])
window = Window(Settings(settings), EngineLink())
window.show()


def work() -> None:
    if window.document.picture is None:
        QTimer.singleShot(20, work)
        return
    document = window.document
    document.start_from(document.state.with_steps([{"filter": "upscale", "options": {"scale": 3.0}}]))
    document.change(document.state.switched("repair", True).switched("colorize", True))
    document.add_stroke(Stroke("add", 12, ((60.0, 60.0), (120.0, 60.0))))
    document.add_hint(Hint(5, 7, "#c08060"))
    assert window.queue is not None
    window.queue.add([folder])


window.opener.open_file(picture)
QTimer.singleShot(0, work)
sys.exit(app.exec())
