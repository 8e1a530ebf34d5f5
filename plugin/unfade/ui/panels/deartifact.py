"""De-artifact's settings: how strong, what becomes of a watermark, and painting on its mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox, QWidget

from unfade.ui.commands import Command, Menu
from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterPanel, Percent, row, tool_button
from unfade.ui.preview.models import Models
from unfade.ui.theme import Space
from unfade.ui.widgets import label_of, mirror

translate = QCoreApplication.translate

BRUSH_SIZES: Final = (2, 400)
"""Least and largest width of the brush, in pixels of the picture."""
_USUAL_BRUSH = 40
_BRUSH_STEP = 1.25


class DeartifactPanel(FilterPanel):
    """Changes the document's options for De-artifact, and shows them.

    Signals:
        brush_changed: the brush has another size.
    """

    filter = "deartifact"
    text = "&De-artifact"
    tip = "Take compression artifacts away."
    keys = ("Ctrl+Shift+D",)

    brush_changed = pyqtSignal()

    def __init__(
        self, document: Document, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(document, actions, parent)
        self._finds: bool | None = None
        self.strength = Percent(
            lambda: translate("DeartifactPanel", "&Strength"),
            lambda: translate("DeartifactPanel", "0 is the picture as it was, 100 the model's result."),
        )
        self.watermark, self.overlay = QCheckBox(), QCheckBox()
        mirror(self.overlay, actions["show_mask"])
        self.blind = QLabel()
        self.blind.setWordWrap(True)
        self.blind.setProperty("role", "muted")
        self.brush = QSlider(Qt.Orientation.Horizontal)
        self.brush_number = QSpinBox()
        self.offer = QWidget()
        self.seen, self.take_off = QLabel(), QPushButton()
        self.seen.setWordWrap(True)
        self._lay_out_offer()
        self._make_brush()
        self.heading, self.clear = QLabel(), QPushButton()
        self.heading.setProperty("role", "muted")
        self.fields.addWidget(self.model)
        self.add_share("strength", self.strength)
        for widget in (self.watermark, self.blind, self.offer, self.overlay, self.heading):
            self.fields.addWidget(widget)
        self.fields.addLayout(row(tool_button(actions["tool_mark"]), tool_button(actions["tool_keep"])))
        self.fields.addLayout(self._brush_row())
        self.fields.addLayout(row(self.clear))
        self.words.follow(self._put_texts)
        self.watermark.toggled.connect(lambda on: self.change("watermark", on, merge=False))
        self.take_off.clicked.connect(lambda: self.change("watermark", True, merge=False))
        self.clear.clicked.connect(lambda: self.change("strokes", (), merge=False))

    @property
    def brush_radius(self) -> float:
        """Half the brush's width, in pixels of the picture."""
        return self.brush_number.value() / 2

    @Command(
        "brush_smaller",
        (Menu.FILTER, 4, 1),
        "&Smaller brush",
        "Paint with a smaller brush.",
        ("[",),
        value=False,
    )
    @Command(
        "brush_larger", (Menu.FILTER, 4, 2), "&Larger brush", "Paint with a larger brush.", ("]",), value=True
    )
    def resize_brush(self, larger: bool) -> None:
        """One step larger or smaller."""
        size = self.brush_number.value()
        wanted = size * _BRUSH_STEP if larger else size / _BRUSH_STEP
        self.brush_number.setValue(max(round(wanted), size + 1) if larger else min(round(wanted), size - 1))

    def offer_removal(self, marked: bool) -> None:
        """Shows, or no longer, that there is a watermark, with a button to take it off."""
        self.offer.setVisible(marked)

    def show_document(self, models: Models) -> None:
        """Shows what is set, and what of it the model can do."""
        options = self.options
        self._finds = models.finds_mask(self.filter, options.model)
        self.strength.set_share(options.strength)
        self.watermark.blockSignals(True)
        self.watermark.setChecked(options.watermark and self._finds is not False)
        self.watermark.blockSignals(False)
        self.watermark.setEnabled(self._finds is not False)
        self.blind.setVisible(self._finds is False)
        self._put_texts()
        self.clear.setEnabled(bool(options.strokes))

    def _put_texts(self) -> None:
        finds = self._finds is not False
        self.about.setText(
            translate("DeartifactPanel", "Takes compression artifacts away, and text watermarks if you wish.")
            if self._finds
            else translate("DeartifactPanel", "Takes compression artifacts away.")
        )
        self.seen.setText(translate("DeartifactPanel", "A watermark seems to be here."))
        self.take_off.setText(translate("DeartifactPanel", "Take it &off"))
        self.watermark.setText(translate("DeartifactPanel", "&Remove text watermarks"))
        self.blind.setText(
            translate(
                "DeartifactPanel",
                "This model does not find watermarks; paint over one to have it filled in.",
            )
        )
        self.overlay.setText(
            translate("DeartifactPanel", "S&how where they were found")
            if finds
            else translate("DeartifactPanel", "S&how what is painted over")
        )
        self.heading.setText(
            translate("DeartifactPanel", "Paint on the mask")
            if finds
            else translate("DeartifactPanel", "Paint on the picture")
        )
        self.clear.setText(translate("DeartifactPanel", "Clear &painting"))
        self.brush_number.setSuffix(translate("DeartifactPanel", " px"))
        for widget in (self.brush, self.brush_number):
            widget.setAccessibleName(translate("DeartifactPanel", "Size of the brush"))

    def _lay_out_offer(self) -> None:
        line = QHBoxLayout(self.offer)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(self.seen, 1)
        line.addWidget(self.take_off)
        self.offer.hide()

    def _make_brush(self) -> None:
        low, high = BRUSH_SIZES
        self.brush.setRange(low, high)
        self.brush_number.setRange(low, high)
        self.brush_number.setFixedWidth(76)
        self.brush_number.setAlignment(Qt.AlignmentFlag.AlignRight)
        for widget in (self.brush, self.brush_number):
            widget.setValue(_USUAL_BRUSH)
        self.brush.valueChanged.connect(self.brush_number.setValue)
        self.brush_number.valueChanged.connect(self.brush.setValue)
        self.brush_number.valueChanged.connect(lambda _size: self.brush_changed.emit())

    def _brush_row(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(Space.S)
        label = label_of("", self.brush_number)
        self.words.put(lambda: translate("DeartifactPanel", "&Brush"), label.setText)
        line.addWidget(label)
        line.addWidget(self.brush, 1)
        line.addWidget(self.brush_number)
        return line
