"""What is seen while no picture is open: how to open one, and the ones opened of late."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from unfade.ui.language import Words
from unfade.ui.settings import Settings
from unfade.ui.theme import Space, colours_of
from unfade.ui.widgets import bind

translate = QCoreApplication.translate

_RECENT = 5


class Welcome(QWidget):
    """An invitation to drop a picture.

    Signals:
        chosen: one of the recent files (Path).
    """

    chosen = pyqtSignal(object)

    def __init__(self, settings: Settings, open_action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._recent: list[QPushButton] = []
        title, about, self.heading = QLabel(), QLabel(), QLabel()
        words = Words(self)
        words.put(lambda: translate("Welcome", "Drop a picture here"), title.setText)
        words.put(
            lambda: translate("Welcome", "or paste one, or choose a file. A folder goes into the queue."),
            about.setText,
        )
        words.put(lambda: translate("Welcome", "Recent pictures"), self.heading.setText)
        title.setProperty("role", "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        about.setProperty("role", "muted")
        about.setAlignment(Qt.AlignmentFlag.AlignCenter)
        about.setWordWrap(True)  # also on a small screen the panel stands beside it
        self.open = QPushButton()
        self.open.setProperty("role", "primary")
        bind(self.open, open_action)
        self.open.clicked.connect(open_action.trigger)
        self.heading.setProperty("role", "muted")
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(Space.S)
        self._column.addStretch(3)
        self._column.addWidget(title)
        self._column.addWidget(about)
        self._column.addSpacing(Space.M)
        self._column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addSpacing(Space.XL)
        self._column.addWidget(self.heading)
        self._column.addStretch(4)
        self.refresh()

    def refresh(self) -> None:
        """Lists the recent files anew."""
        for button in self._recent:
            button.deleteLater()
        self._recent = []
        paths = self._settings.present_recent_files()[:_RECENT]
        self.heading.setVisible(bool(paths))
        at = self._column.indexOf(self.heading) + 1
        for number, path in enumerate(paths):
            button = QPushButton(path.name.replace("&", "&&"))
            button.setProperty("role", "link")
            button.setToolTip(str(path))
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, path=path: self._choose(path))
            self._column.insertWidget(at + number, button, 0, Qt.AlignmentFlag.AlignHCenter)
            self._recent.append(button)

    def _choose(self, path: Path) -> None:
        self.chosen.emit(path)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The canvas' colour, with a frame to drop into."""
        painter = QPainter(self)
        colours = colours_of(self.palette())
        painter.fillRect(self.rect(), QColor(colours.canvas))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.outline), 1.5)
        pen.setDashPattern([5, 5])
        painter.setPen(pen)
        inset = QPointF(Space.XL, Space.XL)
        area = QRectF(QPointF(self.rect().topLeft()) + inset, QPointF(self.rect().bottomRight()) - inset)
        painter.drawRoundedRect(area, 2 * Space.RADIUS, 2 * Space.RADIUS)
