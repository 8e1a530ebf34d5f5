"""Upscale's settings: how large, how much detail, how strong."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from unfade.filters import scaled_size
from unfade.ui.commands import plain_text
from unfade.ui.document import Document
from unfade.ui.language import decimal
from unfade.ui.panels.controls import FilterPanel, Percent
from unfade.ui.panels.painting import Brush
from unfade.ui.preview.models import Models
from unfade.ui.theme import Space
from unfade.ui.widgets import label_of

translate = QCoreApplication.translate

SCALES: Final = (1.5, 2.0, 3.0, 4.0)
_LEAST, _MOST = 1.0, 4.0


class UpscalePanel(FilterPanel):
    """Changes the document's options for Upscale, and shows them."""

    filter = "upscale"
    text = "&Upscale"
    tip = "Enlarge the picture."
    keys = ("Ctrl+Shift+U",)

    def __init__(
        self,
        document: Document,
        actions: Mapping[str, QAction],
        brush: Brush,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, actions, brush, parent)
        self.words.put(lambda: translate("UpscalePanel", "Enlarges up to four times."), self.about.setText)
        self._make_scales()
        self._make_size()
        self.detail = Percent(
            lambda: translate("UpscalePanel", "&Detail"),
            lambda: translate(
                "UpscalePanel", "0 is faithful to the picture, 100 invents convincing texture."
            ),
            automatic=True,
        )
        self._chosen = 0.0
        self.strength = Percent(
            lambda: translate("UpscalePanel", "Stre&ngth"),
            lambda: translate("UpscalePanel", "0 is plain enlargement, 100 the model's result."),
        )
        self.fields.addWidget(self.model)
        self.add_share("detail", self.detail)
        self.detail.left.connect(lambda: self.change("detail", None, merge=False))
        self.add_share("strength", self.strength)

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        options, extent = self.options, self.document.extent
        for scale, button in self.presets.items():
            button.setChecked(scale == options.scale)
        for side, number in (("width", self.width_field), ("height", self.height_field)):
            number.blockSignals(True)
            number.setEnabled(extent is not None)
            number.setSpecialValueText("" if extent else "–")  # shown at the least value: without a picture
            if extent is None:
                number.setRange(0, 0)
            else:
                length = getattr(extent, side)
                number.setRange(round(length * _LEAST), round(length * _MOST))
                if not number.hasFocus() or number.value() != self._asked.get(side):
                    number.setValue(getattr(scaled_size(extent, options.scale), side))
            number.blockSignals(False)
        self.detail.setVisible(bool(models.both(self.filter)) and options.model is None)
        self.detail.set_auto(options.detail is None)
        self.detail.set_share(self._chosen if options.detail is None else options.detail)
        self.strength.set_share(options.strength)

    def show_chosen(self, chosen: Mapping[str, float]) -> None:
        """Shows what the picture made of options that were left to it."""
        self._chosen = chosen.get("detail", self._chosen)
        if self.options.detail is None:
            self.detail.set_share(self._chosen)

    def choose_model(self, name: str | None) -> None:
        """Has another model do it: then there is no detail to choose, which goes back with whichever fits."""
        state = self.document.state.with_options(self.filter, model=name, detail=None)
        self.document.change(state)

    def _make_scales(self) -> None:
        group = QButtonGroup(self)
        group.setExclusive(True)
        line = QHBoxLayout()
        line.setSpacing(Space.XS)
        self.presets: dict[float, QPushButton] = {}
        for scale in SCALES:
            button = QPushButton()
            button.setCheckable(True)
            self.words.follow(functools.partial(_name_scale, button, scale))
            button.clicked.connect(lambda _checked=False, scale=scale: self.change("scale", scale))
            group.addButton(button)
            line.addWidget(button, 1)
            self.presets[scale] = button
        self.fields.addLayout(line)

    def _make_size(self) -> None:
        self._asked: dict[str, int] = {}
        self.width_field, self.height_field = QSpinBox(), QSpinBox()
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(2)
        labels: list[QLabel] = []
        for side, number, column in (("width", self.width_field, 0), ("height", self.height_field, 2)):
            number.setKeyboardTracking(False)
            number.valueChanged.connect(lambda value, side=side: self._set_side(side, value))
            labels.append(label_of("", number))
            grid.addWidget(labels[-1], 0, column)
            grid.addWidget(number, 1, column)
            grid.setColumnStretch(column, 1)
        locked = QLabel("×")
        locked.setAlignment(Qt.AlignmentFlag.AlignCenter)
        locked.setProperty("role", "muted")
        grid.addWidget(locked, 1, 1)
        self.fields.addLayout(grid)
        self.words.follow(lambda: self._name_sides(labels[0], labels[1], locked))

    def _name_sides(self, across: QLabel, down: QLabel, locked: QLabel) -> None:
        across.setText(translate("UpscalePanel", "&Width"))
        down.setText(translate("UpscalePanel", "&Height"))
        for number, label in ((self.width_field, across), (self.height_field, down)):
            named = translate("UpscalePanel", "{side} of the result in pixels")
            number.setAccessibleName(named.format(side=plain_text(label.text())))
            number.setSuffix(translate("UpscalePanel", " px"))
        locked.setToolTip(translate("UpscalePanel", "Width and height keep the picture's proportions."))

    def _set_side(self, side: str, value: int) -> None:
        extent = self.document.extent
        if extent is None:
            return
        self._asked = {side: value}
        self.change("scale", min(max(value / getattr(extent, side), _LEAST), _MOST))


def _name_scale(button: QPushButton, scale: float) -> None:
    button.setText(f"{decimal(scale)}×")
    button.setAccessibleName(translate("UpscalePanel", "Enlarge {scale} times").format(scale=decimal(scale)))
