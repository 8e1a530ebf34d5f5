"""Colorize's settings: how colourful, how strong, and the hints."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from unfade.models import Task
from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterFrame, Percent, row, tool_button

translate = QCoreApplication.translate


class ColorizePanel(FilterFrame):
    """Changes the document's options for Colorize, and shows them.

    Signals:
        colour_wanted: the chosen hint is to get another colour.
    """

    colour_wanted = pyqtSignal()

    def __init__(
        self, document: Document, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(actions["colorize"], parent)
        self._document = document
        self.saturation = Percent(
            lambda: translate("ColorizePanel", "S&aturation"),
            lambda: translate("ColorizePanel", "0 is gray, 100 the model's colours, 200 twice as much."),
            most=2.0,
        )
        self.strength = Percent(
            lambda: translate("ColorizePanel", "Stren&gth"),
            lambda: translate("ColorizePanel", "0 is the picture as it was, 100 the coloured one."),
        )
        self.hints = QLabel()
        self.hints.setWordWrap(True)
        self.hints.setProperty("role", "muted")
        self.colour, self.clear = QPushButton(), QPushButton()
        self.fields.addWidget(self.saturation)
        self.fields.addWidget(self.strength)
        self.fields.addLayout(row(tool_button(actions["tool_hint"]), self.colour))
        self.fields.addWidget(self.hints)
        self.fields.addLayout(row(self.clear))
        for field, name in ((self.saturation, "saturation"), (self.strength, "strength")):
            field.changed.connect(lambda share, name=name: self._set(name, share))
            field.settled.connect(document.settle)
        self.colour.clicked.connect(self.colour_wanted)
        self.clear.clicked.connect(self._clear)
        self.words.put(
            lambda: translate(
                "ColorizePanel", "Colours black-and-white pictures; hints tell it what you know."
            ),
            self.about.setText,
        )
        self.words.put(lambda: translate("ColorizePanel", "C&olour…"), self.colour.setText)
        self.words.put(
            lambda: translate("ColorizePanel", "Change the colour of the chosen hint."),
            self.colour.setToolTip,
        )
        self.words.put(lambda: translate("ColorizePanel", "Clear hin&ts"), self.clear.setText)
        self.words.follow(self.show_document)

    def show_document(self) -> None:
        """Shows what is set."""
        options = self._document.state.colorize
        self.saturation.set_share(options.saturation)
        self.strength.set_share(options.strength)
        self.colour.setEnabled(self._document.selected_hint is not None)
        self.clear.setEnabled(bool(options.hints))
        if not options.hints:
            text = translate(
                "ColorizePanel", "Click the picture with the tool to say what colour it is there."
            )
        elif self._document.path is None:
            text = translate("ColorizePanel", "Hints: {count}").format(count=len(options.hints))
        else:
            text = translate("ColorizePanel", "Hints: {count}, kept beside the picture")
            text = text.format(count=len(options.hints))
        self.hints.setText(text)

    def _set(self, name: str, share: float) -> None:
        changed = self._document.state.with_options(Task.COLORIZE, **{name: share})
        self._document.change(changed, merge=f"colorize {name}")

    def _clear(self) -> None:
        self._document.select_hint(None)
        self._document.change(self._document.state.with_options(Task.COLORIZE, hints=()))
