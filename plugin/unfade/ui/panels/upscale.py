"""Upscale's settings: how large, how much detail, how strong."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from unfade.card import Task
from unfade.filters.part import scaled_extent
from unfade.ui.design import Space
from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterFrame, Percent
from unfade.ui.preview.plan import Models
from unfade.ui.widgets import label_of

translate = QCoreApplication.translate

SCALES: Final = (1.5, 2.0, 3.0, 4.0)
_LEAST, _MOST = 1.0, 4.0


class UpscalePanel(FilterFrame):
    """Changes the document's options for Upscale, and shows them."""

    def __init__(self, document: Document, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(action, translate("UpscalePanel", "Enlarges up to four times."), parent)
        self._document = document
        self._make_scales()
        self._make_size()
        self.detail = Percent(
            translate("UpscalePanel", "&Detail"),
            translate("UpscalePanel", "0 is faithful to the picture, 100 invents convincing texture."),
        )
        self.strength = Percent(
            translate("UpscalePanel", "Stre&ngth"),
            translate("UpscalePanel", "0 is plain enlargement, 100 the model's result."),
        )
        for field in (self.detail, self.strength):
            self.fields.addWidget(field)
            field.settled.connect(document.settle)
        self.detail.changed.connect(lambda share: self._set("detail", share))
        self.strength.changed.connect(lambda share: self._set("strength", share))

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        options, extent = self._document.state.upscale, self._document.extent
        for scale, button in self.presets.items():
            button.setChecked(scale == options.scale)
        for side, number in (("width", self.width_field), ("height", self.height_field)):
            number.blockSignals(True)
            number.setEnabled(extent is not None)
            if extent is not None:
                length = getattr(extent, side)
                number.setRange(round(length * _LEAST), round(length * _MOST))
                if not number.hasFocus() or number.value() != self._asked.get(side):
                    number.setValue(getattr(scaled_extent(extent, options.scale), side))
            number.blockSignals(False)
        self.detail.setVisible(models.detail)
        self.detail.set_share(options.detail or 0.0)
        self.strength.set_share(options.strength)

    def _make_scales(self) -> None:
        group = QButtonGroup(self)
        group.setExclusive(True)
        line = QHBoxLayout()
        line.setSpacing(Space.XS)
        self.presets: dict[float, QPushButton] = {}
        for scale in SCALES:
            button = QPushButton(f"{scale:g}×")
            button.setCheckable(True)
            button.setAccessibleName(
                translate("UpscalePanel", "Enlarge {scale} times").format(scale=f"{scale:g}")
            )
            button.clicked.connect(lambda _checked=False, scale=scale: self._set("scale", scale))
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
        fields = (
            ("width", translate("UpscalePanel", "&Width"), self.width_field, 0),
            ("height", translate("UpscalePanel", "&Height"), self.height_field, 2),
        )
        for side, text, number, column in fields:
            number.setKeyboardTracking(False)
            number.setSuffix(translate("UpscalePanel", " px"))
            number.setAccessibleName(
                translate("UpscalePanel", "{side} of the result in pixels").format(side=text.replace("&", ""))
            )
            number.valueChanged.connect(lambda value, side=side: self._set_side(side, value))
            grid.addWidget(label_of(text, number), 0, column)
            grid.addWidget(number, 1, column)
            grid.setColumnStretch(column, 1)
        locked = QLabel("×")
        locked.setAlignment(Qt.AlignmentFlag.AlignCenter)
        locked.setProperty("role", "muted")
        locked.setToolTip(translate("UpscalePanel", "Width and height keep the picture's proportions."))
        grid.addWidget(locked, 1, 1)
        self.fields.addLayout(grid)

    def _set(self, name: str, value: float) -> None:
        changed = self._document.state.with_options(Task.UPSCALE, **{name: value})
        self._document.change(changed, merge=f"upscale {name}")

    def _set_side(self, side: str, value: int) -> None:
        extent = self._document.extent
        if extent is None:
            return
        self._asked = {side: value}
        self._set("scale", min(max(value / getattr(extent, side), _LEAST), _MOST))
