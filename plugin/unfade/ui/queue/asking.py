"""Asking which pictures are to go into the queue."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFileDialog, QWidget

from unfade.picture import PICTURE_SUFFIXES
from unfade.ui.settings import Settings

translate = QCoreApplication.translate


def ask_for_pictures(parent: QWidget, settings: Settings) -> list[Path]:
    """The files chosen; none where the user thought better of it."""
    patterns = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
    names, _filter = QFileDialog.getOpenFileNames(
        parent,
        translate("Queue", "Add pictures"),
        str(settings.folder("open")),
        f"{translate('Queue', 'Pictures')} ({patterns})",
    )
    if names:
        settings.set_folder("open", Path(names[0]).parent)
    return [Path(name) for name in names]


def ask_for_folder(parent: QWidget, settings: Settings) -> list[Path]:
    """The folder chosen, as a list; empty where the user thought better of it."""
    name = QFileDialog.getExistingDirectory(
        parent, translate("Queue", "Add folder"), str(settings.folder("open"))
    )
    if not name:
        return []
    settings.set_folder("open", Path(name))
    return [Path(name)]
