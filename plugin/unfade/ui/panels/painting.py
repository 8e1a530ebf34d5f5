"""Painting on a filter's mask: the brush, which all filters share, and the fields that a panel has for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PyQt6.QtCore import QCoreApplication, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unfade.ui.commands import Command, Menu
from unfade.ui.document import Document
from unfade.ui.language import Words
from unfade.ui.theme import Space
from unfade.ui.widgets import bind, label_of, row, stand_beside, tool_button

translate = QCoreApplication.translate

BRUSH_SIZES: Final = (2, 400)
"""Least and largest width of the brush, in pixels of the picture."""
_USUAL = 40
_STEP = 1.25


class Brush(QObject):
    """What strokes are painted with.

    Signals:
        changed: it has another size.
    """

    changed = pyqtSignal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._size = _USUAL

    @property
    def size(self) -> int:
        """Its width, in pixels of the picture."""
        return self._size

    @property
    def radius(self) -> float:
        """Half its width."""
        return self._size / 2

    def set_size(self, size: int) -> None:
        """Makes it as wide as that, or as it can be."""
        size = min(max(size, BRUSH_SIZES[0]), BRUSH_SIZES[1])
        if size != self._size:
            self._size = size
            self.changed.emit(size)

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
    def resize(self, larger: bool) -> None:
        """One step larger or smaller."""
        wanted = self._size * _STEP if larger else self._size / _STEP
        self.set_size(max(round(wanted), self._size + 1) if larger else min(round(wanted), self._size - 1))


class PaintingFields(QWidget):
    """The tools that paint strokes for one filter, the size of the brush, and a button to take them off."""

    def __init__(
        self,
        document: Document,
        filter: str,
        actions: Mapping[str, QAction],
        brush: Brush,
        parent: QWidget | None = None,
    ) -> None:
        """``filter`` is the name of the one that is painted for: one with an option ``strokes``."""
        super().__init__(parent)
        self._document, self._filter, self._brush = document, filter, brush
        self.heading, self.clear = QLabel(), QPushButton()
        self.heading.setProperty("role", "muted")
        self._tools = {actions[id]: self._tool(actions[id]) for id in ("tool_mark", "tool_keep")}
        self.slider, self.number = QSlider(Qt.Orientation.Horizontal), QSpinBox()
        words = Words(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self.heading)
        column.addLayout(row(*self._tools.values()))
        column.addLayout(self._brush_row(words))
        column.addLayout(row(self.clear))
        self.clear.clicked.connect(self._clear)
        words.put(lambda: translate("Painting", "Paint on the picture"), self.heading.setText)
        words.put(lambda: translate("Painting", "Clear &painting"), self.clear.setText)
        words.put(lambda: translate("Painting", " px"), self.number.setSuffix)
        name = (self.slider.setAccessibleName, self.number.setAccessibleName)
        words.put(lambda: translate("Painting", "Size of the brush"), *name)
        document.subscribe(lambda _change: self._show())
        self._show()

    def _tool(self, action: QAction) -> QToolButton:
        """A button that takes a tool and has it paint for this filter."""
        button = tool_button()
        button.setCheckable(True)
        bind(button, action, short=True)
        button.clicked.connect(lambda: self._take(action))
        action.toggled.connect(lambda _on: self._show())
        return button

    def _take(self, action: QAction) -> None:
        self._document.paint_for(self._filter)
        action.setChecked(True)
        self._show()

    def _clear(self) -> None:
        state = self._document.state
        self._document.change(state.with_options(self._filter, strokes=()))

    def _show(self) -> None:
        mine = self._document.painted == self._filter
        for action, button in self._tools.items():
            button.setChecked(mine and action.isChecked())
        self.clear.setEnabled(bool(self._document.state.options(self._filter).strokes))

    def _brush_row(self, words: Words) -> QHBoxLayout:
        stand_beside(self.number)
        for widget in (self.slider, self.number):
            widget.setRange(*BRUSH_SIZES)
            widget.setValue(self._brush.size)
            widget.valueChanged.connect(self._brush.set_size)
            self._brush.changed.connect(widget.setValue)
        line = QHBoxLayout()
        line.setSpacing(Space.S)
        label = label_of("", self.number)
        words.put(lambda: translate("Painting", "&Brush"), label.setText)
        line.addWidget(label)
        line.addWidget(self.slider, 1)
        line.addWidget(self.number)
        return line
