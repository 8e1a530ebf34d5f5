"""The status bar: what happens, how far it is, which device runs and why it is not the GPU."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtWidgets import QLabel, QProgressBar, QSizePolicy, QStatusBar, QToolButton, QWidget

from unfade.ui.design import Space
from unfade.ui.doctor import DoctorDialog
from unfade.ui.words import Words

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

    def open_doctor(self) -> None:
        """Opens the doctor's findings."""
        dialog = DoctorDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
