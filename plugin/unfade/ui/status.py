"""What the window says: the status bar, and the notice above the picture that stays until it is read."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication, Qt
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

from unfade.ui.commands import Command, Menu
from unfade.ui.dialogs.doctor import DoctorDialog
from unfade.ui.language import Words
from unfade.ui.theme import Space

translate = QCoreApplication.translate

_SAID_FOR = 8000  # milliseconds


class StatusBar(QStatusBar):
    """Message on the left; progress and the device, which opens the doctor when clicked, on the right."""

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
        for widget in (self.detail, self.progress, self.device):
            self.addPermanentWidget(widget)
        self.setContentsMargins(Space.S, 0, Space.XS, 0)
        self._provider: tuple[str | None, str | None] = (None, None)
        words = Words(self)
        words.put(lambda: translate("StatusBar", "Progress"), self.progress.setAccessibleName)
        words.follow(lambda: self.set_provider(*self._provider))

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
        elif fallback:
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

    def say(self, text: str) -> None:
        """Shows a sentence for some seconds."""
        self.showMessage(text, _SAID_FOR)

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


class Notice(QFrame):
    """A sentence, a button to dismiss it, and where there is something to do about it, one to do it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._do: Callable[[], None] | None = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.remedy, self.dismiss = QPushButton(), QPushButton()
        words = Words(self)
        words.put(lambda: translate("Notice", "Dismiss"), self.dismiss.setText)
        words.follow(self._name_remedy)
        for button in (self.remedy, self.dismiss):
            button.setProperty("role", "link")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.XS, Space.S, Space.XS)
        layout.setSpacing(Space.S)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.remedy)
        layout.addWidget(self.dismiss)
        self.remedy.clicked.connect(self._do_it)
        self.dismiss.clicked.connect(self.hide)
        self.hide()

    def show_sentence(self, sentence: str, remedy: str = "", do: Callable[[], None] | None = None) -> None:
        """Shows a sentence in place of the one that is there.

        Args:
            sentence: what happened.
            remedy: the text of a button for what can be done.
            do: what that button does.
        """
        self.text.setText(sentence)
        self.setAccessibleName(sentence)
        self._do = do
        self.remedy.setText(remedy)
        self.remedy.setVisible(do is not None)
        self.show()

    def _name_remedy(self) -> None:
        if self._do is None:  # else it goes with the sentence, which stays as it was said
            self.remedy.setText(translate("Window", "Try again"))

    def _do_it(self) -> None:
        self.hide()
        if self._do is not None:
            self._do()
