"""All commands of the window: their texts, their keys, and the menus they stand in; one module a menu."""

from __future__ import annotations

from typing import Final

from unfade.ui.commands.command import Command
from unfade.ui.commands.edit import EDIT
from unfade.ui.commands.file import FILE
from unfade.ui.commands.filter import FILTER
from unfade.ui.commands.help import HELP
from unfade.ui.commands.queue import QUEUE
from unfade.ui.commands.view import VIEW

COMMANDS: Final[dict[str, Command]] = {**FILE, **EDIT, **VIEW, **FILTER, **QUEUE, **HELP}
"""The commands by their ids, in the order of the menus."""
