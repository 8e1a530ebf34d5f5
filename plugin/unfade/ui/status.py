"""What the window says: the status bar, and the notice above the picture that stays until it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QToolButton,
    QWidget,
)

from unfade.inference import is_noteworthy
from unfade.ui.commands import Command, Menu
from unfade.ui.dialogs.help import DoctorDialog
from unfade.ui.language import Words, time_left
from unfade.ui.theme import Space
from unfade.ui.widgets import bind

translate = QCoreApplication.translate

_SAID_FOR = 8000  # milliseconds


@dataclass(frozen=True)
class Work:
    """What is being worked on."""

    text: str
    """What it is: "Saving cat.png"."""
    share: float
    """How much of it is done, in [0, 1]."""
    seconds_left: float | None
    """None while that is not known."""


class StatusBar(QStatusBar):
    """Message on the left; on the right what is being worked on with its Stop, sizes, the preview's progress
    and the device, which opens the doctor when clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        self.progress.hide()
        self.detail = QLabel()
        self.detail.setProperty("role", "muted")
        self.device = QToolButton()
        self.device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.device.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.device.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.device.clicked.connect(self.open_doctor)
        self.work, self.stop, self.follow_up = QLabel(), QToolButton(), QToolButton()
        for button in (self.stop, self.follow_up):
            button.setProperty("role", "act")
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._work: Work | None = None
        self._follow: Callable[[], object] = lambda: None
        self.follow_up.clicked.connect(self._follow_up)
        self.messageChanged.connect(self._message_changed)
        for widget in (self.follow_up, self.work, self.stop, self.detail, self.progress, self.device):
            self.addPermanentWidget(widget)
        for widget in (self.follow_up, self.work, self.stop):
            widget.hide()
        self.setContentsMargins(Space.S, 0, Space.XS, 0)
        self._provider: tuple[str | None, str | None] = (None, None)
        words = Words(self)
        words.put(lambda: translate("StatusBar", "Progress"), self.progress.setAccessibleName)
        words.follow(lambda: self.set_provider(*self._provider))
        words.follow(lambda: self.set_work(self._work))
        words.put(lambda: translate("StatusBar", "What can be done next"), self.follow_up.setAccessibleName)
        words.put(lambda: translate("StatusBar", "Stop"), self.stop.setAccessibleName)

    def bind_stop(self, action: QAction) -> None:
        """Has the button beside what is being worked on do what an action does."""
        bind(self.stop, action, short=True)
        self.stop.clicked.connect(action.trigger)

    def set_work(self, work: Work | None) -> None:
        """Says what is being worked on, how far it is, and how long it will take; None for nothing."""
        self._work = work
        for widget in (self.work, self.stop):
            widget.setVisible(work is not None)
        if work is None:
            return
        parts = [work.text, translate("StatusBar", "{percent} %").format(percent=int(100 * work.share))]
        if work.seconds_left is not None:
            parts.append(time_left(work.seconds_left))
        self.work.setText("   ·   ".join(parts))
        self.work.setToolTip(self.work.text())

    def set_provider(self, label: str | None, fallback: str | None) -> None:
        """Says what runs the networks.

        Args:
            label: "CUDA", "CPU" and so on; None while that is not known.
            fallback: a sentence on why it is not the GPU, None where nothing was given up.
        """
        self._provider = (label, fallback)
        ask = translate("StatusBar", "Click for the doctor's findings.")
        if label is None:
            text, why = translate("StatusBar", "Engine is starting"), ""
        elif fallback and is_noteworthy(fallback):
            text, why = translate("StatusBar", "{device}, not the GPU").format(device=label), fallback
        else:
            text, why = label, ""
        self.device.setText(text)
        self.device.setToolTip(f"{why}\n{ask}" if why else ask)
        self.device.setAccessibleName(translate("StatusBar", "Device: {device}").format(device=text))
        self.device.setAccessibleDescription(self.device.toolTip())

    def set_progress(self, done: int, total: int) -> None:
        """Shows ``done`` of ``total`` tiles; hides where there is nothing to do (0 of 0) or all is done."""
        running = 0 <= done < total
        self.progress.setVisible(running)
        if running:
            self.progress.setRange(0, total)
            self.progress.setValue(done)

    def set_detail(self, text: str) -> None:
        """A short text that stays, beside the device: size of the picture and zoom."""
        self.detail.setText(text)

    def say(self, text: str, offer: str = "", do: Callable[[], object] | None = None) -> None:
        """Shows a sentence for some seconds, with a button for what can be done then."""
        self.follow_up.setText(offer)
        self.follow_up.setVisible(do is not None)
        self._follow = do or (lambda: None)
        self.showMessage(text, _SAID_FOR)

    def _follow_up(self) -> None:
        self._follow()

    def _message_changed(self, text: str) -> None:
        """The button goes with its sentence, unless it is about to be used."""
        if not text and not self.follow_up.hasFocus():
            self.follow_up.hide()

    @Command(
        "doctor",
        (Menu.HELP, 2, 1),
        "&Doctor…",
        "Show which device runs, why not the GPU, and which models there are.",
        ("Ctrl+Shift+I",),
    )
    def open_doctor(self) -> None:
        """Opens the doctor's findings."""
        dialog = DoctorDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


@dataclass(frozen=True)
class _Said:
    """A sentence that stands until its reason has gone, or it is dismissed."""

    sentence: str
    remedy: str
    do: Callable[[], None] | None


class Notice(QFrame):
    """A sentence, a button to dismiss it, and where there is something to do about it, one to do it.

    Of several that stand, the latest is seen, and the one before it again when that goes.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._standing: dict[str, _Said] = {}
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.remedy, self.dismiss = QPushButton(), QPushButton()
        words = Words(self)
        words.put(lambda: translate("Notice", "Dismiss"), self.dismiss.setText)
        words.follow(self._show_latest)
        for button in (self.remedy, self.dismiss):
            button.setProperty("role", "link")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.XS, Space.S, Space.XS)
        layout.setSpacing(Space.S)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.remedy)
        layout.addWidget(self.dismiss)
        self.remedy.clicked.connect(self._do_it)
        self.dismiss.clicked.connect(self._dismiss)
        self.hide()

    def show_sentence(
        self, sentence: str, remedy: str = "", do: Callable[[], None] | None = None, *, about: str = ""
    ) -> None:
        """Shows a sentence before those that stand already.

        Args:
            sentence: what happened.
            remedy: the text of a button for what can be done.
            do: what that button does.
            about: a word for what is in the way, for :meth:`settle`; the sentence takes the place of one that
                is about the same.
        """
        self._standing.pop(about, None)
        self._standing[about] = _Said(sentence, remedy, do)
        self._show_latest()

    @property
    def abouts(self) -> tuple[str, ...]:
        """What those that stand are about, the latest last."""
        return tuple(self._standing)

    def settle(self, *about: str) -> None:
        """What was said about these is no longer so."""
        if [one for one in about if self._standing.pop(one, None) is not None]:
            self._show_latest()

    def _show_latest(self) -> None:
        said = tuple(self._standing.values())[-1] if self._standing else _Said("", "", None)
        self.text.setText(said.sentence)
        self.setAccessibleName(said.sentence)
        self.remedy.setText(said.remedy or translate("Window", "Try again"))
        self.remedy.setVisible(said.do is not None)
        self.setVisible(bool(self._standing))

    def _dismiss(self) -> Callable[[], None] | None:
        """Takes the one that is seen away, and gives what was offered for it."""
        said = self._standing.popitem()[1] if self._standing else None
        self._show_latest()
        return said.do if said else None

    def _do_it(self) -> None:
        do = self._dismiss()
        if do is not None:
            do()
