"""Colorize's settings: how colourful, how strong, and the hints."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterPanel, Percent
from unfade.ui.panels.painting import Brush
from unfade.ui.preview.models import Models
from unfade.ui.widgets import row, tool_button

translate = QCoreApplication.translate


class ColorizePanel(FilterPanel):
    """Changes the document's options for Colorize, and shows them.

    Signals:
        colour_wanted: the chosen hint is to get another colour.
    """

    filter = "colorize"
    text = "&Colorize"
    tip = "Give a black-and-white picture colour."
    keys = ("Ctrl+Shift+C",)

    colour_wanted = pyqtSignal()

    def __init__(
        self,
        document: Document,
        actions: Mapping[str, QAction],
        brush: Brush,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, actions, brush, parent)
        self.saturation = Percent(
            lambda: translate("ColorizePanel", "S&aturation"),
            lambda: translate("ColorizePanel", "0 is gray, 100 the model's colours, 200 twice as much."),
            most=2.0,
        )
        self.strength = Percent(
            lambda: translate("ColorizePanel", "Stren&gth"),
            lambda: translate("ColorizePanel", "0 is the picture as it was, 100 the coloured one."),
        )
        self.warning = QLabel()
        self.warning.setWordWrap(True)
        self.warning.setProperty("role", "warning")
        self.hints = QLabel()
        self.hints.setWordWrap(True)
        self.hints.setProperty("role", "muted")
        self.colour, self.clear = QPushButton(), QPushButton()
        self.fields.addWidget(self.warning)
        self.fields.addWidget(self.model)
        self.add_share("saturation", self.saturation)
        self.add_share("strength", self.strength)
        self.fields.addLayout(row(tool_button(actions["tool_hint"]), self.colour))
        self.fields.addWidget(self.hints)
        self.fields.addLayout(row(self.clear))
        self.colour.clicked.connect(self.colour_wanted)
        self.clear.clicked.connect(self._clear)
        self.words.put(
            lambda: translate(
                "ColorizePanel", "Colours black-and-white pictures; hints tell it what you know."
            ),
            self.about.setText,
        )
        self.words.put(
            lambda: translate(
                "ColorizePanel", "This picture is in colour already; its colours would be replaced."
            ),
            self.warning.setText,
        )
        self.words.put(lambda: translate("ColorizePanel", "C&olour…"), self.colour.setText)
        self.words.put(
            lambda: translate("ColorizePanel", "Change the colour of the chosen hint."),
            self.colour.setToolTip,
        )
        self.words.put(lambda: translate("ColorizePanel", "Clear hin&ts"), self.clear.setText)

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        options = self.options
        self.warning.setVisible(self.document.coloured)
        self.saturation.set_share(options.saturation)
        self.strength.set_share(options.strength)
        self.colour.setEnabled(self.document.selected_hint is not None)
        self.clear.setEnabled(bool(options.hints))
        if not options.hints:
            text = translate(
                "ColorizePanel", "Click the picture with the tool to say what colour it is there."
            )
        else:
            text = translate("ColorizePanel", "Hints: {count}").format(count=len(options.hints))
        self.hints.setText(text)

    def _clear(self) -> None:
        self.document.select_hint(None)
        self.change("hints", (), merge=False)
