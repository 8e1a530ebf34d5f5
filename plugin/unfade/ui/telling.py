"""What the window's parts have to say, on the notice above the picture and on the status bar."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject

from unfade.ui.finishing import Finisher, WholeRun
from unfade.ui.hints import HintKeeper
from unfade.ui.link import EngineLink
from unfade.ui.opening import Loader
from unfade.ui.preview.live import LivePreview
from unfade.ui.status import Notice, StatusBar

translate = QCoreApplication.translate


class Teller(QObject):
    """Passes sentences on: failures to the notice, where they stay, and all else to the status bar."""

    def __init__(self, notice: Notice, status: StatusBar, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notice, self._status = notice, status

    def hear_engine(self, link: EngineLink, preview: LivePreview, whole: WholeRun) -> None:
        """Tells of the engine: what runs it, how far it is, its failures with what can be done about them."""
        tell = self._notice.show_sentence

        def lost(sentence: str) -> None:
            again = translate("Window", "It was started again; your settings are all there.")
            tell(f"{sentence} {again}")

        def listed(listing: dict[str, Any]) -> None:
            if listing["trouble"]:
                tell(listing["trouble"])

        def progressed(done: int, total: int) -> None:
            if not whole.running:
                self._status.set_progress(done, total)

        link.lost.connect(lost)
        link.listed.connect(listed)
        link.unavailable.connect(lambda text: tell(text, translate("Window", "Start it again"), link.start))
        preview.failed.connect(lambda text: tell(text, translate("Window", "Try again"), preview.retry))
        preview.provider.connect(self._status.set_provider)
        preview.progress.connect(progressed)
        whole.progress.connect(self._status.set_progress)

    def hear_files(self, loader: Loader, finisher: Finisher, keeper: HintKeeper) -> None:
        """Tells of files: being opened, opened with a remark, saved, or not."""

        def busy(opening: bool) -> None:
            if opening:
                self._status.say(translate("Window", "Opening…"))
            else:
                self._status.clearMessage()

        loader.busy.connect(busy)
        for failed in (loader.failed, finisher.failed, keeper.failed):
            failed.connect(self._notice.show_sentence)
        finisher.said.connect(self._status.say)
