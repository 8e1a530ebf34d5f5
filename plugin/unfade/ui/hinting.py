"""Giving hints their colours: the first one, and the picker."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QWidget

from unfade.filters.hints import Hint
from unfade.ui.canvas.viewport import Point
from unfade.ui.document import Document
from unfade.ui.picker import HintPicker
from unfade.ui.preview.live import LivePreview
from unfade.ui.sampling import luma_at
from unfade.ui.settings import Settings


class HintEditor(QObject):
    """Opens the picker for hints."""

    def __init__(self, document: Document, preview: LivePreview, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._preview, self._settings, self._window = document, preview, settings, window

    def first_colour(self, at: Point) -> str:
        """What a new hint begins with: what the result is there now, so that placing it changes little."""
        found = self._preview.colour_at(*at)
        if found is not None:
            return found
        assert self._document.picture is not None
        gray = round(luma_at(self._document.picture, at) * 255)
        return f"#{gray:02x}{gray:02x}{gray:02x}"

    def edit(self, index: int, new: bool) -> None:
        """Opens the picker; a ``new`` hint goes again where it is cancelled."""
        picture = self._document.picture
        if picture is None:
            return
        hint = self._document.hints[index]
        luma = luma_at(picture, (hint.x, hint.y))
        picker = HintPicker(luma, self._window, colour=hint.color, settings=self._settings)

        def picked(colour: str) -> None:
            at = self._document.hints[index]
            self._document.replace_hint(index, Hint(at.x, at.y, colour), merge=f"colour hint {index}")

        picker.picked.connect(picked)
        picker.finished.connect(self._document.settle)
        if new:
            picker.rejected.connect(lambda: self._document.remove_hint(index))
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.open()

    def edit_chosen(self) -> None:
        """Opens the picker for the chosen hint."""
        if self._document.selected_hint is not None:
            self.edit(self._document.selected_hint, False)

    def delete_chosen(self) -> None:
        """Deletes the chosen hint."""
        if self._document.selected_hint is not None:
            self._document.remove_hint(self._document.selected_hint)
