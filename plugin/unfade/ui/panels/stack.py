"""All panels, one below the other, in the order in which the filters run; and what to do with the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from PyQt6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PyQt6.QtGui import QAction, QShowEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from unfade.filters import all_filters, find_filter
from unfade.ui.commands import Actions, declare
from unfade.ui.document import ORDER, Change, Document
from unfade.ui.language import Words
from unfade.ui.panels.controls import FilterPanel
from unfade.ui.panels.generated import panels_for
from unfade.ui.panels.own import ColorizePanel, DeartifactPanel, RestorePanel, UpscalePanel
from unfade.ui.panels.painting import Brush
from unfade.ui.preview.plan import Models
from unfade.ui.theme import Space
from unfade.ui.widgets import bind

translate = QCoreApplication.translate

OWN_PANELS: Final[dict[str, type[FilterPanel]]] = {
    panel.filter: panel for panel in (RestorePanel, DeartifactPanel, ColorizePanel, UpscalePanel)
}
"""The filters that need a panel of their own; the others' are made from their options."""
_MADE: Final = panels_for(filter for filter in all_filters() if filter.name not in OWN_PANELS)
PANELS: Final = {filter.name: OWN_PANELS.get(filter.name) or _MADE[filter.name] for filter in all_filters()}

for _place, _panel in enumerate(PANELS.values()):
    declare(_panel.command(_place))

_WIDTH = 308
_Panel = TypeVar("_Panel", bound=FilterPanel)


class PanelStack(QWidget):
    """The filters' settings above the button that ends the work: save, or apply in an editor."""

    def __init__(
        self,
        document: Document,
        actions: Actions,
        finish: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._models = Models()
        self._listed = False
        self._on: frozenset[str] = frozenset()
        self.brush = Brush(self)
        self.frames = {name: PANELS[name](document, actions, self.brush) for name in ORDER}
        actions.bind(self.brush)
        for name, panel in self.frames.items():
            actions.bind(panel)
            actions.connect(name, panel, panel.switch_on)
        self.finish = QPushButton()
        self.finish.setProperty("role", "primary")
        self.finish.setMinimumHeight(Space.TARGET + Space.S)
        self.finish.clicked.connect(finish.trigger)
        bind(self.finish, finish)
        self._lay_out()
        self._document = document
        document.subscribe(self._document_changed)
        words = Words(self)
        words.follow(self.show_document)
        words.follow(lambda: QTimer.singleShot(0, self._fit_width))  # once the panels have their texts too
        self._fit_width()

    def _document_changed(self, change: Change) -> None:
        if change is Change.PICTURE:
            for frame in self.frames.values():
                frame.forget_chosen()
        self.show_document()
        self._show_switched_on(self._document.state.enabled)

    def of(self, kind: type[_Panel]) -> _Panel:
        """The panel of a filter that has one of its own."""
        panel = self.frames[kind.filter]
        assert isinstance(panel, kind)
        return panel

    def set_models(self, models: Models) -> None:
        """Which models there are, as soon as the engine has told."""
        first, self._models, self._listed = not self._listed, models, True
        self.show_document()
        if first:  # some panels have grown
            self._scroll_to_last()

    def show_document(self) -> None:
        """Shows what is set."""
        for name, frame in self.frames.items():
            frame.show_document(self._models)
            frame.show_models(self._models)
            lacking = self._listed and name not in self._models.filters and find_filter(name).has_models
            frame.set_note(
                translate(
                    "PanelStack", "No model for this is installed; the doctor tells where models belong."
                )
                if lacking
                else None
            )

    def show_chosen(self, chosen: Mapping[str, float]) -> None:
        """Shows what the picture made of options that were left to it, by their names."""
        for frame in self.frames.values():
            frame.show_chosen(chosen)

    def _show_switched_on(self, on: frozenset[str]) -> None:
        """Scrolls to a filter that was switched on just now, whose options may lie below what is seen."""
        new, self._on = [name for name in ORDER if name in on - self._on], on
        if new:
            QTimer.singleShot(0, lambda: self._scroll_to(self.frames[new[-1]]))

    def showEvent(self, event: QShowEvent | None) -> None:
        """Begins with a filter that is on in sight."""
        super().showEvent(event)
        self._scroll_to_last()

    def _scroll_to_last(self) -> None:
        """Has the last filter that is on in sight."""
        last = next((name for name in reversed(ORDER) if name in self._on), None)
        if last is not None:
            QTimer.singleShot(0, lambda: self._scroll_to(self.frames[last]))

    def _scroll_to(self, frame: QWidget) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # the column grows first
        self._scroll.ensureWidgetVisible(frame, 0, 0)

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setObjectName("panels")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for frame in self.frames.values():
            column.addWidget(frame)
        column.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        foot = QHBoxLayout()
        foot.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        foot.addWidget(self.finish)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(scroll, 1)
        layout.addLayout(foot)
        self._scroll = scroll

    def _fit_width(self) -> None:
        """Some languages need more room, and that beside the scroll bar of a low window."""
        for frame in self.frames.values():
            frame.fields.invalidate()
        widest = max(frame.body.minimumSizeHint().width() for frame in self.frames.values())
        bar = self._scroll.verticalScrollBar()
        assert bar is not None
        self.setFixedWidth(max(_WIDTH, widest + 2 * Space.L + bar.sizeHint().width()))
