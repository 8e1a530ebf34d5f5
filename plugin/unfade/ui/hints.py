"""Colour hints: given their colours by the picker and the eyedropper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QCoreApplication, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from unfade.filters import LUMA, Hint
from unfade.inference import Bounds, Extent
from unfade.picture import Picture, as_srgb, to_float
from unfade.ui.canvas.scene import Point
from unfade.ui.canvas.tools import Eyedropper
from unfade.ui.canvas.view import Canvas
from unfade.ui.commands import Command, Key, Menu
from unfade.ui.dialogs.picker import HintPicker
from unfade.ui.document import Change, Document
from unfade.ui.preview.live import LivePreview
from unfade.ui.settings import Settings

translate = QCoreApplication.translate

_AROUND = 2  # pixels beyond a place that count with it: one alone may be grain


class HintEditor(QObject):
    """Opens the picker for hints.

    Signals:
        said: a sentence for the status bar.
    """

    said = pyqtSignal(str)

    def __init__(self, document: Document, preview: LivePreview, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._preview, self._settings, self._window = document, preview, settings, window
        self._canvas: Canvas | None = None
        self._picker: HintPicker | None = None  # the one that is open
        self._out = False  # whether it is out of sight, while the eyedropper is in use
        document.subscribe(self._document_changed)

    def take_colours_from(self, canvas: Canvas) -> None:
        """Where the eyedropper is used."""
        self._canvas = canvas
        canvas.returned.connect(self._come_back)

    def first_colour(self, at: Point) -> str:
        """What a new hint begins with: what the result is there now, so that placing it changes little."""
        found = self._preview.results.colour_at(*at)
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
        picker.finished.connect(self._finished)
        picker.eyedropper_wanted.connect(self._send_out)
        if new:
            picker.rejected.connect(lambda: self._document.remove_hint(index))
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._picker = picker
        picker.open()

    @property
    def hint_chosen(self) -> bool:
        """Whether a hint is chosen."""
        return self._document.selected_hint is not None

    def edit_chosen(self) -> None:
        """Opens the picker for the chosen hint."""
        if self._document.selected_hint is not None:
            self.edit(self._document.selected_hint, False)

    @Command(
        "delete_hint",
        (Menu.EDIT, 3, 1),
        "&Delete colour hint",
        "Delete the colour hint that is chosen.",
        (Key.Delete,),
        enabled=lambda editor: editor.hint_chosen,
        auto_repeat=False,
    )
    def delete_chosen(self) -> None:
        """Deletes the chosen hint."""
        if self._document.selected_hint is not None:
            self._document.remove_hint(self._document.selected_hint)

    def _finished(self) -> None:
        self._picker = None
        self._document.settle()

    # The eyedropper

    def _send_out(self) -> None:
        if self._canvas is None or self._picker is None:
            return
        self._out = True
        self._picker.hide()
        self._canvas.lend(Eyedropper(self._colour_at, self._taken))
        self._canvas.setFocus()
        self.said.emit(translate("HintPicker", "Click a colour in the picture, or press Esc to go back."))

    def _taken(self, colour: str) -> None:
        self._come_back()
        if self._picker is not None:
            self._picker.take(colour)

    def _come_back(self) -> None:
        out, self._out = self._out, False
        if self._canvas is not None:
            self._canvas.lend(None)
        if out and self._picker is not None:
            self._picker.open()

    def _colour_at(self, at: Point) -> str | None:
        """What is seen there: the result, or the picture itself."""
        picture, extent, canvas = self._document.picture, self._document.extent, self._canvas
        if picture is None or extent is None or canvas is None:
            return None
        if not (0 <= at[0] < extent.width and 0 <= at[1] < extent.height):
            return None
        found = self._preview.results.colour_at(*at) if canvas.shows_result(at) else None
        return found or colour_at(picture, at)

    def _document_changed(self, change: Change) -> None:
        """The picker's hint goes with its picture; with the picker out of sight commands may take it, too."""
        if self._picker is not None and (change is Change.PICTURE or (self._out and change is Change.STATE)):
            picker, self._picker, self._out = self._picker, None, False
            if self._canvas is not None:
                self._canvas.lend(None)
            picker.blockSignals(True)  # what was chosen stays, and nothing else is to be done
            picker.close()


def luma_at(picture: Picture, point: Point) -> float:
    """How bright the picture is around a place of it: a gray sRGB value in [0, 1]."""
    return float(_mean_at(picture, point) @ LUMA.ravel())


def colour_at(picture: Picture, point: Point) -> str:
    """The picture's colour around a place of it, as "#rrggbb"."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in _mean_at(picture, point))


def _mean_at(picture: Picture, point: Point) -> NDArray[np.float32]:
    """sRGB in [0, 1], of shape (3,)."""
    near = Bounds(int(point[1]), int(point[0]), 1, 1).grown(_AROUND)
    near = near.clipped(Extent(picture.height, picture.width))
    pixels = np.ascontiguousarray(picture.pixels[near.y : near.bottom, near.x : near.right])
    mean = to_float(as_srgb(Picture(pixels, picture.metadata)).colour).mean(axis=(0, 1))
    return np.broadcast_to(mean, 3)
