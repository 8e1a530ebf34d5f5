"""The queue as a list of rows: thumbnail, name, and how it stands with each picture."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PyQt6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QRect,
    QSize,
    Qt,
    pyqtSignal,
)
from PyQt6.QtCore import pyqtSignal as Signal
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QPainter, QPaintEvent, QTextLayout
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from unfade.picture import vips
from unfade.ui.language import Words
from unfade.ui.queue.model import Item, ItemState, Queue, state_text
from unfade.ui.theme import Colours, Space, colours_of

translate = QCoreApplication.translate

THUMBNAIL_SIDE = 48
_HEIGHT = THUMBNAIL_SIDE + 2 * Space.S
_ITEM_ROLE = Qt.ItemDataRole.UserRole
_TOP = QModelIndex()


class QueueRows(QAbstractListModel):
    """Qt's view of a :class:`Queue`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue = Queue(self._changed)
        self._shown: list[Item] = []
        self._thumbnails: dict[int, QImage] = {}

    def rowCount(self, parent: QModelIndex = _TOP) -> int:
        """The number of pictures."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, tool tips with the whole sentence, and what the delegate paints."""
        item = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{item.name}: {state_text(item)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{item.source}\n{state_text(item)}"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnails.get(item.id)
        return item if role == _ITEM_ROLE else None

    def set_thumbnail(self, id: int, image: QImage) -> None:
        """Shows a thumbnail, unless its picture has gone."""
        for row, item in enumerate(self._shown):
            if item.id == id:
                self._thumbnails[id] = image
                self.dataChanged.emit(self.index(row), self.index(row))

    def item_at(self, index: QModelIndex) -> Item:
        """The item of a row."""
        return self._shown[index.row()]

    def _changed(self, item: Item | None) -> None:
        if item is not None:
            row = self._shown.index(item)
            self.dataChanged.emit(self.index(row), self.index(row))
        elif self._shown != self.queue.items:
            self.beginResetModel()
            self._shown = list(self.queue.items)
            here = {item.id for item in self._shown}
            self._thumbnails = {id: image for id, image in self._thumbnails.items() if id in here}
            self.endResetModel()


class QueueList(QListView):
    """The list of pictures, with a text where there are none.

    Signals:
        opened: a picture was double-clicked, or Enter pressed on it (Item).
        removal_wanted: Delete was pressed.
    """

    opened = Signal(object)
    removal_wanted = Signal()

    def __init__(self, rows: QueueRows, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.setModel(rows)
        self.setItemDelegate(_RowDelegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        Words(self).put(lambda: translate("Queue", "Pictures in the queue"), self.setAccessibleName)
        self.doubleClicked.connect(lambda index: self.opened.emit(rows.item_at(index)))

    def chosen(self) -> list[Item]:
        """The selected items, in order."""
        return [self._rows.item_at(index) for index in sorted(self.selectedIndexes())]

    def event(self, event: QEvent | None) -> bool:
        """Keeps Delete for itself, which is a shortcut elsewhere in the window."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and _is_delete(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Enter opens, Delete removes."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.opened.emit(self._rows.item_at(self.currentIndex()))
        elif event is not None and _is_delete(event):
            self.removal_wanted.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The rows, or what to do where there are none."""
        super().paintEvent(event)
        port = self.viewport()
        if self._rows.rowCount() or port is None:
            return
        painter = QPainter(port)
        painter.setPen(QColor(colours_of(self.palette()).muted))
        area = port.rect().adjusted(Space.L, Space.L, -Space.L, -Space.L)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(area, flags, translate("Queue", "Drop pictures or folders here."))


def _is_delete(event: QKeyEvent) -> bool:
    return event.key() == Qt.Key.Key_Delete and event.modifiers() == Qt.KeyboardModifier.NoModifier


class _RowDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, _HEIGHT)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        if painter is None:
            return
        item: Item = index.data(_ITEM_ROLE)
        colours = colours_of(option.palette)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(colours.pressed if selected else colours.hover))
        if selected:  # not by a shade alone
            painter.fillRect(
                QRect(option.rect.topLeft(), QSize(3, option.rect.height())), QColor(colours.accent)
            )
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.focus))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -1))
        inside = option.rect.adjusted(Space.M, Space.S, -Space.M, -Space.S)
        _paint_thumbnail(
            painter, QRect(inside.topLeft(), QSize(THUMBNAIL_SIDE, THUMBNAIL_SIDE)), index, colours
        )
        _paint_texts(painter, inside.adjusted(THUMBNAIL_SIDE + Space.M, 0, 0, 0), item, option, colours)
        painter.restore()


def _paint_thumbnail(painter: QPainter, area: QRect, index: QModelIndex, colours: Colours) -> None:
    image = index.data(Qt.ItemDataRole.DecorationRole)
    if not isinstance(image, QImage) or image.isNull():
        painter.setPen(QColor(colours.line))
        painter.setBrush(QColor(colours.window))
        painter.drawRoundedRect(area, Space.RADIUS, Space.RADIUS)
        return
    size = image.size().scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(area.topLeft(), size)
    place.moveCenter(area.center())
    painter.drawImage(place, image)


def _paint_texts(
    painter: QPainter, area: QRect, item: Item, option: QStyleOptionViewItem, colours: Colours
) -> None:
    metrics = option.fontMetrics
    line = metrics.height()
    painter.setPen(QColor(colours.text))
    name = metrics.elidedText(item.name, Qt.TextElideMode.ElideMiddle, area.width())
    painter.drawText(
        QRect(area.left(), area.top() + 1, area.width(), line), Qt.AlignmentFlag.AlignVCenter, name
    )
    ink = {ItemState.DONE: colours.success, ItemState.FAILED: colours.danger}.get(item.state, colours.muted)
    painter.setPen(QColor(colours.text if ink == colours.muted and _is_selected(option) else ink))
    below = QRect(area.left(), area.top() + line + Space.XS, area.width(), area.height() - line - Space.XS)
    if item.sentence:
        _paint_wrapped(painter, below, state_text(item))
    else:
        text = metrics.elidedText(state_text(item), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignTop, text)
    if item.state is ItemState.RUNNING:
        bar = QRect(area.left(), area.bottom() - 3, area.width(), 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(bar, 2, 2)
        bar.setWidth(int(bar.width() * item.share))
        painter.setBrush(QColor(colours.accent))
        painter.drawRoundedRect(bar, 2, 2)


def _paint_wrapped(painter: QPainter, area: QRect, text: str) -> None:
    """As many lines as there is room for; the last one shortened."""
    metrics = painter.fontMetrics()
    layout = QTextLayout(text, painter.font())
    layout.beginLayout()
    lines = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(area.width())
        lines.append(text[line.textStart() : line.textStart() + line.textLength()])
    layout.endLayout()
    room = max(area.height() // metrics.height(), 1)
    if len(lines) > room:
        rest = "".join(lines[room - 1 :])
        lines = [*lines[: room - 1], metrics.elidedText(rest, Qt.TextElideMode.ElideRight, area.width())]
    for number, said in enumerate(lines):
        place = QRect(area.left(), area.top() + number * metrics.height(), area.width(), metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, said)


def _is_selected(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_Selected)


def thumbnail(path: Path, side: int) -> QImage:
    """The picture in a square of ``side`` pixels; a null image where there is none in the file."""
    v = vips()
    try:
        # A source, not a file name: libvips would take "[...]" in a name for options.
        source = v.Source.new_from_file(os.fsencode(path))
        image = v.Image.thumbnail_source(source, side, size="down", height=side, output_profile="srgb")
        image = image.colourspace("srgb").cast("uchar")
        if not image.hasalpha():
            image = image.bandjoin(255)
        data: Any = image.write_to_memory()
    except v.Error:
        return QImage()
    whole = QImage(bytes(data), image.width, image.height, image.width * 4, QImage.Format.Format_RGBA8888)
    return whole.copy()  # its own memory


class Thumbnails(QObject):
    """Makes thumbnails one after the other.

    Signals:
        made: (id, QImage).
    """

    made = pyqtSignal(int, QImage)

    def __init__(self, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._pool = ThreadPoolExecutor(1, "unfade-thumbnails")

    def ask(self, id: int, path: Path) -> None:
        """``made`` follows."""
        self._pool.submit(lambda: self.made.emit(id, thumbnail(path, self._side)))

    def close(self) -> None:
        """Makes no more. No signals follow."""
        self.blockSignals(True)
        self._pool.shutdown(wait=True, cancel_futures=True)
