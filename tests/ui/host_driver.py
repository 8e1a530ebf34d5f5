"""``unfade preview --host`` with somebody at the window who does as the first argument says: apply, or close.

A program of its own, started by the tests in place of the command. That the window is on the screen is told
by a file ``shown`` in the home folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PyQt6.QtCore import QTimer

from unfade.ui import app
from unfade.ui.host import Host


def act(host: Host, what: str) -> None:
    window = host.window
    if window is not None and window.isVisible():
        (Path.home() / "shown").touch()
    if window is None or window.preview.plan is None or not window.preview.complete:
        return
    if what == "apply" and window.command("apply").isEnabled():
        window.panels.finish.click()
    elif what == "close":
        window.close()


class Watched(Host):
    def start(self) -> None:
        super().start()
        self.timer = QTimer(self)
        self.timer.timeout.connect(lambda: act(self, sys.argv[1]))
        self.timer.start(50)


app.Host = Watched  # type: ignore[misc]
sys.exit(app.run_host())
