"""The commands of the Queue menu: many pictures one after the other."""

from __future__ import annotations

from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP

from unfade.ui.commands.command import Command, Menu

QUEUE: Final[dict[str, Command]] = {
    "queue_add_files": Command(
        Menu.QUEUE,
        QT_TRANSLATE_NOOP("Command", "Add &pictures…"),
        QT_TRANSLATE_NOOP("Command", "Add pictures to the queue."),
        ("Ctrl+Shift+A",),
    ),
    "queue_add_folder": Command(
        Menu.QUEUE,
        QT_TRANSLATE_NOOP("Command", "Add &folder…"),
        QT_TRANSLATE_NOOP("Command", "Add all pictures of a folder to the queue."),
        ("Ctrl+Shift+F",),
    ),
    "queue_start": Command(
        Menu.QUEUE,
        QT_TRANSLATE_NOOP("Command", "&Start"),
        QT_TRANSLATE_NOOP("Command", "Run the recipe on the pictures that wait."),
        ("F5",),
    ),
    "queue_pause": Command(
        Menu.QUEUE,
        QT_TRANSLATE_NOOP("Command", "Pa&use"),
        QT_TRANSLATE_NOOP("Command", "Finish the picture that is running and begin no other."),
        ("F6",),
    ),
    "queue_retry": Command(
        Menu.QUEUE,
        QT_TRANSLATE_NOOP("Command", "&Retry"),
        QT_TRANSLATE_NOOP("Command", "Run the chosen pictures that failed or were cancelled again."),
        ("F7",),
    ),
    "queue_cancel": Command(
        Menu.QUEUE,
        QT_TRANSLATE_NOOP("Command", "&Cancel"),
        QT_TRANSLATE_NOOP("Command", "Cancel the chosen pictures."),
        ("Shift+Del",),
    ),
}
