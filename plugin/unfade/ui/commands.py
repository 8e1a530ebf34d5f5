"""Every command of the window: its text, its keys, what it does, and the menu it stands in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from PyQt6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject
from PyQt6.QtGui import QAction, QKeySequence

translate = QCoreApplication.translate


class Menu(Enum):
    """The menus of the menu bar, in their order; the values are their English titles."""

    FILE = QT_TRANSLATE_NOOP("Menu", "&File")
    EDIT = QT_TRANSLATE_NOOP("Menu", "&Edit")
    VIEW = QT_TRANSLATE_NOOP("Menu", "&View")
    FILTER = QT_TRANSLATE_NOOP("Menu", "Fi&lter")
    QUEUE = QT_TRANSLATE_NOOP("Menu", "&Queue")
    HELP = QT_TRANSLATE_NOOP("Menu", "&Help")

    @property
    def title(self) -> str:
        """In the user's language."""
        return translate("Menu", self.value)


@dataclass(frozen=True)
class Command:
    """What an action is made of. Texts are English; :func:`make_action` translates them."""

    menu: Menu
    text: str
    """With the mnemonic, and "…" where a dialog asks for more."""
    tip: str
    """What it does, in one sentence."""
    keys: tuple[str | QKeySequence.StandardKey, ...] = ()
    """The first is the one shown; a standard key is the platform's own."""
    checkable: bool = False


_K = QKeySequence.StandardKey

COMMANDS: Final[dict[str, Command]] = {
    "open": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Open…"),
        QT_TRANSLATE_NOOP("Command", "Open a picture."),
        (_K.Open,),
    ),
    "save": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Save as…"),
        QT_TRANSLATE_NOOP("Command", "Save the result as a picture file."),
        (_K.Save, _K.SaveAs),
    ),
    "load_recipe": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "Open recip&e…"),
        QT_TRANSLATE_NOOP("Command", "Take the steps and their settings from a recipe file."),
        ("Ctrl+Shift+O",),
    ),
    "save_recipe": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "Save rec&ipe…"),
        QT_TRANSLATE_NOOP("Command", "Keep the steps and their settings in a recipe file."),
        ("Ctrl+Alt+S",),
    ),
    "close_picture": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Close picture"),
        QT_TRANSLATE_NOOP("Command", "Close the picture, and keep the window."),
        (_K.Close,),
    ),
    "quit": Command(
        Menu.FILE,
        QT_TRANSLATE_NOOP("Command", "&Quit"),
        QT_TRANSLATE_NOOP("Command", "Close the window."),
        ("Ctrl+Q",),
    ),
    "undo": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Undo"),
        QT_TRANSLATE_NOOP("Command", "Take the last change of the settings back."),
        (_K.Undo,),
    ),
    "redo": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Redo"),
        QT_TRANSLATE_NOOP("Command", "Make the change again that was taken back."),
        (_K.Redo, "Ctrl+Shift+Z"),
    ),
    "copy": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Copy result"),
        QT_TRANSLATE_NOOP("Command", "Put the result on the clipboard."),
        (_K.Copy,),
    ),
    "paste": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Paste picture"),
        QT_TRANSLATE_NOOP("Command", "Open the picture that is on the clipboard."),
        (_K.Paste,),
    ),
    "delete_hint": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "&Delete colour hint"),
        QT_TRANSLATE_NOOP("Command", "Delete the colour hint that is chosen."),
        (_K.Delete,),
    ),
    "reset": Command(
        Menu.EDIT,
        QT_TRANSLATE_NOOP("Command", "Reset &settings"),
        QT_TRANSLATE_NOOP("Command", "Set this step back to its defaults."),
        ("Ctrl+R",),
    ),
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
        QT_TRANSLATE_NOOP("Command", "Show in colour where a watermark was found."),
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
    "upscale": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Upscale"),
        QT_TRANSLATE_NOOP("Command", "Enlarge the picture."),
        ("Ctrl+Shift+U",),
        checkable=True,
    ),
    "deartifact": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&De-artifact"),
        QT_TRANSLATE_NOOP("Command", "Take compression artifacts and text watermarks away."),
        ("Ctrl+Shift+D",),
        checkable=True,
    ),
    "colorize": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Colorize"),
        QT_TRANSLATE_NOOP("Command", "Give a black-and-white picture colour."),
        ("Ctrl+Shift+C",),
        checkable=True,
    ),
    "apply": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Apply"),
        QT_TRANSLATE_NOOP("Command", "Hand the result back to the editor."),
        ("Ctrl+Return", "Ctrl+Enter"),
    ),
    "cancel": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "S&top"),
        QT_TRANSLATE_NOOP("Command", "Stop what is being worked on."),
        ("Esc",),
    ),
    "tool_pan": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "Move &picture"),
        QT_TRANSLATE_NOOP("Command", "Drag to move the picture about."),
        ("H",),
        checkable=True,
    ),
    "tool_hint": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "Colour &hints"),
        QT_TRANSLATE_NOOP(
            "Command", "Click to place a colour hint, drag to move it, double-click for its colour."
        ),
        ("C",),
        checkable=True,
    ),
    "tool_mark": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Mark watermark"),
        QT_TRANSLATE_NOOP("Command", "Paint over a watermark that was not found."),
        ("W",),
        checkable=True,
    ),
    "tool_keep": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Keep original"),
        QT_TRANSLATE_NOOP("Command", "Paint over what is to stay as it is."),
        ("K",),
        checkable=True,
    ),
    "brush_smaller": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Smaller brush"),
        QT_TRANSLATE_NOOP("Command", "Paint with a smaller brush."),
        ("[",),
    ),
    "brush_larger": Command(
        Menu.FILTER,
        QT_TRANSLATE_NOOP("Command", "&Larger brush"),
        QT_TRANSLATE_NOOP("Command", "Paint with a larger brush."),
        ("]",),
    ),
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
    "shortcuts": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "&Keyboard shortcuts"),
        QT_TRANSLATE_NOOP("Command", "Show every command and its keys."),
        ("F1", "?"),
    ),
    "doctor": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "&Doctor…"),
        QT_TRANSLATE_NOOP("Command", "Show which device runs, why not the GPU, and which models there are."),
        ("Ctrl+Shift+I",),
    ),
    "open_log": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "Open &log file"),
        QT_TRANSLATE_NOOP("Command", "Open the log, which a bug report needs."),
    ),
    "about": Command(
        Menu.HELP,
        QT_TRANSLATE_NOOP("Command", "&About Unfade"),
        QT_TRANSLATE_NOOP("Command", "Show the version and the licence."),
    ),
}
"""The commands by their ids, in the order of the menus."""


def make_action(id: str, parent: QObject | None) -> QAction:
    """The action of a command, named by its id, with its text, keys and tool tip in the user's language."""
    command = COMMANDS[id]
    action = QAction(translate("Command", command.text), parent)
    action.setObjectName(id)
    action.setIconText(plain_text(action.text()).rstrip("…"))  # for tool bars
    action.setCheckable(command.checkable)
    action.setShortcuts(keys_of(command))
    tip = translate("Command", command.tip)
    shown = keys_text(action)
    action.setToolTip(f"{tip} ({shown})" if shown else tip)
    action.setStatusTip(tip)
    action.setMenuRole(_ROLES.get(id, QAction.MenuRole.NoRole))
    return action


# On macOS these move into the application's menu; all else stays where it was put, whatever it is called.
_ROLES = {"quit": QAction.MenuRole.QuitRole, "about": QAction.MenuRole.AboutRole}


def keys_of(command: Command) -> list[QKeySequence]:
    """All key sequences of a command on this platform, each once, the one shown first."""
    found: list[QKeySequence] = []
    for key in command.keys:
        sequences = [QKeySequence(key)] if isinstance(key, str) else QKeySequence.keyBindings(key)
        found += [sequence for sequence in sequences if sequence not in found]
    return found


def keys_text(action: QAction) -> str:
    """The first keys of an action as they are written on this platform; "" without any."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def plain_text(text: str) -> str:
    """Without mnemonics: "&" before a letter, and the "(&F)" that Chinese menus have."""
    head, bracket, tail = text.partition("(&")
    if bracket and tail[1:2] == ")":
        text = head + tail[2:]
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")
