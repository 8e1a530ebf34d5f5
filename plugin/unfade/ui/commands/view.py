"""The commands of the View menu: zoom, comparing, what is shown."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP
from PyQt6.QtGui import QKeySequence

from unfade.ui.commands.command import Command, Menu

_K = QKeySequence.StandardKey

VIEW: Final[dict[str, Command]] = {
    "zoom_in": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "Zoom &in"),
        QT_TRANSLATE_NOOP("Command", "Show the picture larger."),
        (_K.ZoomIn, "Ctrl+="),
    ),
    "zoom_out": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "Zoom &out"),
        QT_TRANSLATE_NOOP("Command", "Show the picture smaller."),
        (_K.ZoomOut,),
    ),
    "zoom_actual": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Actual pixels"),
        QT_TRANSLATE_NOOP("Command", "Show one pixel of the result as one pixel of the screen."),
        ("1", "Ctrl+1"),
    ),
    "zoom_fit": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Fit in window"),
        QT_TRANSLATE_NOOP("Command", "Show the whole picture."),
        ("0", "Ctrl+0"),
    ),
    "view_result": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Result only"),
        QT_TRANSLATE_NOOP("Command", "Show the result alone."),
        ("R",),
        checkable=True,
    ),
    "view_split": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Split view"),
        QT_TRANSLATE_NOOP("Command", "Show before and after in one picture, with a divider to drag."),
        ("S",),
        checkable=True,
    ),
    "view_side": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "Side &by side"),
        QT_TRANSLATE_NOOP("Command", "Show before and after next to each other."),
        ("D",),
        checkable=True,
    ),
    "view_before": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "Before, while &held"),
        QT_TRANSLATE_NOOP("Command", "Show the original for as long as the key is held down."),
        ("B",),
    ),
    "loupe": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Loupe"),
        QT_TRANSLATE_NOOP("Command", "Enlarge what is under the pointer, before and after."),
        ("L",),
        checkable=True,
    ),
    "show_mask": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Watermark overlay"),
        QT_TRANSLATE_NOOP("Command", "Show in colour where a watermark was found or painted over."),
        ("M",),
        checkable=True,
    ),
    "show_panel": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "Filter &panel"),
        QT_TRANSLATE_NOOP("Command", "Show or hide the panel with the filters' settings."),
        ("F9",),
        checkable=True,
    ),
    "show_queue": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "&Queue"),
        QT_TRANSLATE_NOOP("Command", "Show or hide the queue of pictures."),
        ("F8",),
        checkable=True,
    ),
    "full_screen": Command(
        Menu.VIEW,
        QT_TRANSLATE_NOOP("Command", "F&ull screen"),
        QT_TRANSLATE_NOOP("Command", "Give the window the whole screen."),
        ("F11", _K.FullScreen),
        checkable=True,
    ),
}
