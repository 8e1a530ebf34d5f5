"""The colour picker for hints: only colours that the picture's brightness at that place allows."""

from __future__ import annotations

import functools
import re

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from unfade.ui.dialogs.chroma import Chroma, ChromaPlane, chroma_of, colour_at, lightness_of
from unfade.ui.settings import Settings
from unfade.ui.theme import Space, colours_of
from unfade.ui.widgets import column_of, make_main

translate = QCoreApplication.translate

MEMORY_COLOURS = (
    ("#e3b094", QT_TRANSLATE_NOOP("HintPicker", "Light skin")),
    ("#c68863", QT_TRANSLATE_NOOP("HintPicker", "Tanned skin")),
    ("#7d4f38", QT_TRANSLATE_NOOP("HintPicker", "Dark skin")),
    ("#b5575b", QT_TRANSLATE_NOOP("HintPicker", "Lips")),
    ("#c9a15e", QT_TRANSLATE_NOOP("HintPicker", "Blond hair")),
    ("#5b4030", QT_TRANSLATE_NOOP("HintPicker", "Brown hair")),
    ("#7fb0de", QT_TRANSLATE_NOOP("HintPicker", "Sky")),
    ("#3f7c8f", QT_TRANSLATE_NOOP("HintPicker", "Water")),
    ("#5d8a3c", QT_TRANSLATE_NOOP("HintPicker", "Grass")),
    ("#40663a", QT_TRANSLATE_NOOP("HintPicker", "Foliage")),
    ("#d3bd92", QT_TRANSLATE_NOOP("HintPicker", "Sand")),
    ("#8a5c3b", QT_TRANSLATE_NOOP("HintPicker", "Wood")),
    ("#9d4c3b", QT_TRANSLATE_NOOP("HintPicker", "Brick")),
    ("#8d8a86", QT_TRANSLATE_NOOP("HintPicker", "Stone")),
    ("#405a86", QT_TRANSLATE_NOOP("HintPicker", "Denim")),
    ("#6d6a44", QT_TRANSLATE_NOOP("HintPicker", "Uniform")),
    ("#b0322f", QT_TRANSLATE_NOOP("HintPicker", "Red cloth")),
    ("#c2a14d", QT_TRANSLATE_NOOP("HintPicker", "Brass")),
)
"""Colours people know by heart, with their names; what is offered has the picture's lightness."""

_COLUMNS = 3
_RECENT_COLUMNS = 6
_AS_FAR_FROM_BOTH = 0.179  # the luminance whose contrast to black and to white is the same
_LIGHTNESSES = (15.0, 93.0)  # nearer to black and white there is hardly any colour to choose from
_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


class HintPicker(QDialog):
    """Chooses the colour of a hint. Every colour that is settled on is told at once; Cancel takes it back.

    Signals:
        picked: "#rrggbb", each time a colour is settled on.
        eyedropper_wanted: the colour is to be taken from the picture; :meth:`take` brings it.

    Args:
        luma: how bright the picture is where the hint is, as a gray sRGB value in [0, 1].
        parent: the window.
        colour: what the hint has now.
        settings: remember the recent colours.
    """

    picked = pyqtSignal(str)
    eyedropper_wanted = pyqtSignal()

    def __init__(
        self,
        luma: float,
        parent: QWidget | None = None,
        *,
        colour: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("HintPicker", "Colour of the hint"))
        low, high = _LIGHTNESSES
        self._lightness = min(max(lightness_of(luma), low), high)
        self._before, self._last, self._settings = colour, colour, settings
        self.plane = ChromaPlane(self._lightness)
        self.shown = _Patch()
        self.hex = QLineEdit()
        self.hex.setMaxLength(7)
        self.hex.setAccessibleName(translate("HintPicker", "Colour as #rrggbb"))
        self.hex.setPlaceholderText("#rrggbb")
        self.swatches = [self._swatch(known, translate("HintPicker", name)) for known, name in MEMORY_COLOURS]
        recent = settings.recent_colours if settings else ()
        self.recent = [
            self._swatch(
                known, translate("HintPicker", "Recent colour {colour}").format(colour=known), named=False
            )
            for known in recent
            if _HEX.fullmatch(known)
        ]
        self._lay_out()
        self.plane.moved.connect(self._moved)
        self.plane.settled.connect(lambda: self._settle(self._under_mark()))
        self.hex.editingFinished.connect(self._typed)
        self.plane.set_chroma(chroma_of(colour) if colour else Chroma(0, 0))
        self.plane.setFocus()

    def take(self, colour: str) -> None:
        """Chooses a colour, "#rrggbb", as far as the brightness here allows."""
        self._swatch_chosen(chroma_of(colour))

    def done(self, result: int) -> None:
        """Keeps the colour among the recent ones, or takes it back."""
        if result == QDialog.DialogCode.Accepted:
            if self._settings and self._last:
                self._settings.add_recent_colour(self._last)
        elif self._before and self._last != self._before:
            self.picked.emit(self._before)
        super().done(result)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(self.plane)
        side = QVBoxLayout()
        side.setSpacing(Space.S)
        side.addWidget(self.shown)
        side.addWidget(self.hex)
        self.eyedropper = QPushButton(translate("HintPicker", "&From the picture"))
        self.eyedropper.setToolTip(translate("HintPicker", "Take the colour from a place in the picture."))
        self.eyedropper.clicked.connect(self.eyedropper_wanted)
        side.addWidget(self.eyedropper)
        about = QLabel(translate("HintPicker", "Only colours that this brightness allows are shown."))
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        side.addWidget(about)
        side.addStretch()
        head.addLayout(side, 1)
        layout = column_of(self)
        layout.addLayout(head)
        for title, swatches in (
            (translate("HintPicker", "Familiar colours"), self.swatches),
            (translate("HintPicker", "Recent colours"), self.recent),
        ):
            if swatches:
                heading = QLabel(title)
                heading.setProperty("role", "heading")
                layout.addWidget(heading)
                layout.addLayout(_grid(swatches, _RECENT_COLUMNS if swatches is self.recent else _COLUMNS))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        ready = QPushButton(translate("HintPicker", "&Use colour"))
        ready.setProperty("role", "primary")
        buttons.addButton(ready, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        make_main(ready, self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _swatch(self, known: str, name: str, *, named: bool = True) -> Swatch:
        chroma = chroma_of(known)
        swatch = Swatch(colour_at(chroma, self._lightness), name, named=named)
        swatch.clicked.connect(functools.partial(self._swatch_chosen, chroma))
        return swatch

    def _swatch_chosen(self, chroma: Chroma) -> None:
        self.plane.set_chroma(chroma)
        self._settle(self._under_mark())

    def _typed(self) -> None:
        match = _HEX.fullmatch(self.hex.text().strip())
        if match is None:
            self.hex.setText(self._under_mark())
            return
        colour = f"#{match[1].lower()}"
        if colour != self._under_mark():
            self.plane.set_chroma(chroma_of(colour))
            self._settle(self._under_mark())

    def _moved(self) -> None:
        colour = self._under_mark()
        self.shown.set_colour(colour)
        self.hex.setText(colour)

    def _under_mark(self) -> str:
        return colour_at(self.plane.chroma, self._lightness)

    def _settle(self, colour: str) -> None:
        if colour != self._last:
            self._last = colour
            self.picked.emit(colour)


class Swatch(QAbstractButton):
    """A button that is a colour, with its name on it, or for those alone who cannot see it."""

    def __init__(self, colour: str, name: str, *, named: bool) -> None:
        super().__init__()
        self.colour = colour
        self._shown = name if named else ""
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Large enough to hit."""
        wide = self.fontMetrics().horizontalAdvance(self._shown) + 2 * Space.S
        return QSize(max(2 * Space.TARGET, wide), Space.TARGET)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The colour, framed, more so with the focus; its name in black or white, by what is read better."""
        _paint_patch(self, self.colour, focused=self.hasFocus() or self.underMouse())
        painter = QPainter(self)
        painter.setPen(QColor(ink_on(self.colour)))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._shown)


class _Patch(QWidget):
    """The colour that is chosen now."""

    def __init__(self) -> None:
        super().__init__()
        self._colour = "#808080"
        self.setFixedHeight(3 * Space.TARGET)

    def set_colour(self, colour: str) -> None:
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        _paint_patch(self, self._colour, focused=False)


def _paint_patch(widget: QWidget, colour: str, *, focused: bool) -> None:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    own = colours_of(widget.palette())
    width = 2.0 if focused else 1.0
    painter.setPen(QPen(QColor(own.focus if focused else own.outline), width))
    painter.setBrush(QColor(colour))
    inset = width / 2
    area = QRectF(widget.rect()).adjusted(inset, inset, -inset, -inset)
    painter.drawRoundedRect(area, Space.RADIUS, Space.RADIUS)


def ink_on(colour: str) -> str:
    """Black or white, whichever has more contrast to "#rrggbb" by WCAG 2.2."""
    value = QColor(colour)
    parts = (value.redF(), value.greenF(), value.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "black" if luminance > _AS_FAR_FROM_BOTH else "white"


def _grid(swatches: list[Swatch], columns: int) -> QGridLayout:
    grid = QGridLayout()
    grid.setSpacing(Space.XS)
    for column in range(columns):
        grid.setColumnStretch(column, 1)
        grid.setColumnMinimumWidth(column, 2 * Space.TARGET)
    for number, swatch in enumerate(swatches):
        grid.addWidget(swatch, *divmod(number, columns))
    return grid
