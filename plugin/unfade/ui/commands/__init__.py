"""Every command of the window: its text, its keys, what it does, and the menu it stands in."""

from unfade.ui.commands.action import keys_of, keys_text, make_action, plain_text, put_texts
from unfade.ui.commands.command import Command, Menu
from unfade.ui.commands.table import COMMANDS

__all__ = ["COMMANDS", "Command", "Menu", "keys_of", "keys_text", "make_action", "plain_text", "put_texts"]
