"""All panels, one below the other, in the order in which the filters run; and what to do with the result."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from unfade.card import Task
from unfade.ui.design import Space
from unfade.ui.document import Document
from unfade.ui.panels.colorize import ColorizePanel
from unfade.ui.panels.controls import FilterFrame
from unfade.ui.panels.deartifact import DeartifactPanel
from unfade.ui.panels.upscale import UpscalePanel
from unfade.ui.preview.plan import Models

translate = QCoreApplication.translate

_WIDTH = 308


class PanelStack(QWidget):
    """The filters' settings above the button that ends the work: save, or apply in an editor."""

    def __init__(
        self,
        document: Document,
        actions: Mapping[str, QAction],
        finish: QAction,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._models = Models()
        self._listed = False
        self.deartifact = DeartifactPanel(document, actions)
        self.colorize = ColorizePanel(document, actions)
        self.upscale = UpscalePanel(document, actions["upscale"])
        self.frames: dict[Task, FilterFrame] = {
            Task.DEARTIFACT: self.deartifact,
            Task.COLORIZE: self.colorize,
            Task.UPSCALE: self.upscale,
        }
        self.finish = QPushButton(finish.text())
        self.finish.setProperty("role", "primary")
        self.finish.setToolTip(finish.toolTip())
        self.finish.setMinimumHeight(Space.TARGET + Space.S)
        self.finish.clicked.connect(finish.trigger)
        finish.enabledChanged.connect(self.finish.setEnabled)
        self.finish.setEnabled(finish.isEnabled())
        self._lay_out()
        document.subscribe(lambda _change: self.show_document())
        self.show_document()

    def set_models(self, models: Models) -> None:
        """Which models there are, as soon as the engine has told."""
        self._models, self._listed = models, True
        self.show_document()

    def show_document(self) -> None:
        """Shows what is set."""
        self.deartifact.show_document()
        self.colorize.show_document()
        self.upscale.show_document(self._models)
        for task, frame in self.frames.items():
            lacking = self._listed and task not in self._models.tasks
            frame.set_note(
                translate(
                    "PanelStack", "No model for this is installed; the doctor tells where models belong."
                )
                if lacking
                else None
            )

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
        widest = max(frame.body.minimumSizeHint().width() for frame in self.frames.values())
        bar = scroll.verticalScrollBar()
        assert bar is not None
        # Some languages need more, and that beside the scroll bar of a low window.
        self.setFixedWidth(max(_WIDTH, widest + 2 * Space.L + bar.sizeHint().width()))
