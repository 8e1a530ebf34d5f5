"""De-artifact's settings: how strong, what becomes of a watermark, and painting on its mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox, QWidget

from unfade.card import Task
from unfade.ui.design import Space
from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterFrame, Percent, row, tool_button
from unfade.ui.widgets import label_of

translate = QCoreApplication.translate

BRUSH_SIZES: Final = (2, 400)
"""Least and largest width of the brush, in pixels of the picture."""
_USUAL_BRUSH = 40
_BRUSH_STEP = 1.25


class DeartifactPanel(FilterFrame):
    """Changes the document's options for De-artifact, and shows them.

    Signals:
        brush_changed: the brush has another size.
    """

    brush_changed = pyqtSignal()

    def __init__(
        self, document: Document, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        about = translate("DeartifactPanel", "Takes compression artifacts and text watermarks away.")
        super().__init__(actions["deartifact"], about, parent)
        self._document = document
        self.strength = Percent(
            translate("DeartifactPanel", "&Strength"),
            translate("DeartifactPanel", "0 is the picture as it was, 100 the model's result."),
        )
        self.watermark = QCheckBox(translate("DeartifactPanel", "&Remove text watermarks"))
        self.overlay = QCheckBox(translate("DeartifactPanel", "S&how where they were found"))
        _bind(self.overlay, actions["show_mask"])
        self.brush = QSlider(Qt.Orientation.Horizontal)
        self.brush_number = QSpinBox()
        self._make_brush()
        self.clear = QPushButton(translate("DeartifactPanel", "Clear &painting"))
        self.fields.addWidget(self.strength)
        self.fields.addWidget(self.watermark)
        self.fields.addWidget(self.overlay)
        heading = QLabel(translate("DeartifactPanel", "Paint on the mask"))
        heading.setProperty("role", "muted")
        self.fields.addWidget(heading)
        self.fields.addLayout(row(tool_button(actions["tool_mark"]), tool_button(actions["tool_keep"])))
        self.fields.addLayout(self._brush_row())
        self.fields.addLayout(row(self.clear))
        self.strength.changed.connect(lambda share: self._set("strength", share))
        self.strength.settled.connect(document.settle)
        self.watermark.toggled.connect(lambda on: self._set("watermark", on))
        self.clear.clicked.connect(lambda: self._set("strokes", ()))

    @property
    def brush_radius(self) -> float:
        """Half the brush's width, in pixels of the picture."""
        return self.brush_number.value() / 2

    def resize_brush(self, larger: bool) -> None:
        """One step larger or smaller."""
        size = self.brush_number.value()
        wanted = size * _BRUSH_STEP if larger else size / _BRUSH_STEP
        self.brush_number.setValue(max(round(wanted), size + 1) if larger else min(round(wanted), size - 1))

    def show_document(self) -> None:
        """Shows what is set."""
        options = self._document.state.deartifact
        self.strength.set_share(options.strength)
        self.watermark.blockSignals(True)
        self.watermark.setChecked(options.watermark)
        self.watermark.blockSignals(False)
        self.clear.setEnabled(bool(options.strokes))

    def _make_brush(self) -> None:
        low, high = BRUSH_SIZES
        self.brush.setRange(low, high)
        self.brush_number.setRange(low, high)
        self.brush_number.setSuffix(translate("DeartifactPanel", " px"))
        self.brush_number.setFixedWidth(76)
        self.brush_number.setAlignment(Qt.AlignmentFlag.AlignRight)
        for widget in (self.brush, self.brush_number):
            widget.setAccessibleName(translate("DeartifactPanel", "Size of the brush"))
            widget.setValue(_USUAL_BRUSH)
        self.brush.valueChanged.connect(self.brush_number.setValue)
        self.brush_number.valueChanged.connect(self.brush.setValue)
        self.brush_number.valueChanged.connect(lambda _size: self.brush_changed.emit())

    def _brush_row(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(Space.S)
        line.addWidget(label_of(translate("DeartifactPanel", "&Brush"), self.brush_number))
        line.addWidget(self.brush, 1)
        line.addWidget(self.brush_number)
        return line

    def _set(self, name: str, value: object) -> None:
        changed = self._document.state.with_options(Task.DEARTIFACT, **{name: value})
        self._document.change(changed, merge="deartifact strength" if name == "strength" else None)


def _bind(box: QCheckBox, action: QAction) -> None:
    """A box that is an action's other face."""
    box.setChecked(action.isChecked())
    box.setToolTip(action.toolTip())
    box.toggled.connect(action.setChecked)
    action.toggled.connect(box.setChecked)
