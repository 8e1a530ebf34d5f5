"""Help: the sheet with every command and its keys, and what the mouse does; version and licence; the doctor.

Its findings are those of ``unfade doctor``, worked out in a process of its own: the window's process loads
neither ONNX Runtime nor a GPU's driver, and lives on where they crash.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from PyQt6.QtCore import QCoreApplication, QProcess, Qt, QUrl
from PyQt6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeySequence
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from unfade import __version__
from unfade.log import log_file
from unfade.ui.commands import COMMANDS, Actions, Command, Menu, plain_text
from unfade.ui.theme import Space
from unfade.ui.widgets import column_of, make_main, restyle

translate = QCoreApplication.translate

_SEARCHED = Qt.ItemDataRole.UserRole
_KEYS_SHOWN = 2


class ShortcutSheet(QDialog):
    """Lists actions made by :func:`unfade.ui.commands.make_action`, by menu, with a field to search them.

    Args:
        actions: those the window has; actions that are no command of the window are left out.
    """

    def __init__(self, actions: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("ShortcutSheet", "Keyboard shortcuts"))
        self.resize(620, 640)
        self.search = QLineEdit()
        self.search.setPlaceholderText(translate("ShortcutSheet", "Search for a command or a key"))
        self.search.setAccessibleName(translate("ShortcutSheet", "Search for a command or a key"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = self._make_list()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = column_of(self)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        layout.addWidget(buttons)
        make_main(buttons.button(QDialogButtonBox.StandardButton.Close), self)
        self._fill(actions)

    def _make_list(self) -> QTreeWidget:
        tree = QTreeWidget()
        tree.setColumnCount(2)
        tree.setHeaderLabels([translate("ShortcutSheet", "Command"), translate("ShortcutSheet", "Keys")])
        tree.setAccessibleName(translate("ShortcutSheet", "Commands and their keys"))
        tree.setRootIsDecorated(False)
        tree.setItemsExpandable(False)
        tree.setIndentation(Space.M)
        tree.setUniformRowHeights(True)
        header = tree.header()
        assert header is not None
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        return tree

    def _fill(self, actions: Iterable[QAction]) -> None:
        groups: dict[Menu, list[QAction]] = {menu: [] for menu in Menu}
        for action in actions:
            command = COMMANDS.get(action.objectName())
            if command is not None:
                groups[command.menu].append(action)
        order = [command.id for command in sorted(COMMANDS.values(), key=lambda command: command.at[1:])]
        for menu, group in groups.items():
            group.sort(key=lambda action: order.index(action.objectName()))
            rows = [(plain_text(action.text()), _keys(action), action.statusTip()) for action in group]
            self._add_group(plain_text(menu.title), rows)
        self._add_group(translate("ShortcutSheet", "Keys on the picture"), _canvas_keys())
        gestures = [(what, [how], "") for what, how in _gestures()]
        self._add_group(translate("ShortcutSheet", "Mouse"), gestures)

    def _add_group(self, title: str, rows: list[tuple[str, list[str], str]]) -> None:
        if not rows:
            return
        group = QTreeWidgetItem(self.list, [title])
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        for text, keys, tip in rows:
            row = QTreeWidgetItem(group, [text, ", ".join(keys[:_KEYS_SHOWN])])
            row.setToolTip(0, tip)
            row.setData(0, _SEARCHED, " ".join((text, *keys, tip)).casefold())
        group.setExpanded(True)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for index in range(self.list.topLevelItemCount()):
            group = self.list.topLevelItem(index)
            assert group is not None
            shown = 0
            for number in range(group.childCount()):
                row = group.child(number)
                assert row is not None
                row.setHidden(not all(word in row.data(0, _SEARCHED) for word in words))
                shown += not row.isHidden()
            group.setHidden(shown == 0)


def _canvas_keys() -> list[tuple[str, list[str], str]]:
    """(what it does, the keys, more about it) of what the picture hears while it has the focus."""
    arrows = translate("ShortcutSheet", "Arrow keys")
    return [
        (
            translate("ShortcutSheet", "Move the picture"),
            [arrows],
            translate("ShortcutSheet", "With Shift, further."),
        ),
        (
            translate("ShortcutSheet", "Move the divider of the split view"),
            [_native("Ctrl+Left"), _native("Ctrl+Right")],
            "",
        ),
        (
            translate("ShortcutSheet", "Move the chosen tool"),
            [arrows],
            translate("ShortcutSheet", "With Shift, in small steps."),
        ),
        (
            translate("ShortcutSheet", "Use the chosen tool"),
            [_native("Return"), _native("Enter")],
            translate("ShortcutSheet", "Place a hint, or paint, where the crosshair is."),
        ),
    ]


def _gestures() -> list[tuple[str, str]]:
    """(what it does, what the mouse does) on the picture."""
    return [
        (translate("ShortcutSheet", "Zoom around the pointer"), translate("ShortcutSheet", "Turn the wheel")),
        (translate("ShortcutSheet", "Move the picture"), translate("ShortcutSheet", "Drag")),
        (
            translate("ShortcutSheet", "Move the picture with any tool"),
            translate("ShortcutSheet", "Hold Space and drag"),
        ),
        (
            translate("ShortcutSheet", "Whole picture, or actual pixels"),
            translate("ShortcutSheet", "Double-click"),
        ),
        (
            translate("ShortcutSheet", "Change the colour of a hint"),
            translate("ShortcutSheet", "Double-click the hint"),
        ),
        (translate("ShortcutSheet", "Compare in split view"), translate("ShortcutSheet", "Drag the divider")),
        (translate("ShortcutSheet", "Open pictures"), translate("ShortcutSheet", "Drop files on the window")),
    ]


def _keys(action: QAction) -> list[str]:
    """The keys worth telling: not those that few keyboards have ("Undo", "Zoom In", F13 and above)."""
    rare = range(Qt.Key.Key_F13, Qt.Key.Key_F35 + 1)
    keys = [keys for keys in action.shortcuts() if keys[0].key() < Qt.Key.Key_Back]
    return [_native(one) for one in keys if one[0].key() not in rare]


def _native(keys: QKeySequence | str) -> str:
    """Keys as they are written on this platform, in the user's language."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


class Help:
    """The commands of the Help menu, but for the doctor, which is the status bar's."""

    def __init__(self, window: QWidget, actions: Actions) -> None:
        self._window, self._actions = window, actions

    @Command(
        "shortcuts", (Menu.HELP, 1, 1), "&Keyboard shortcuts", "Show every command and its keys.", ("F1", "?")
    )
    def show_shortcuts(self) -> None:
        """Opens the sheet of keys."""
        sheet = ShortcutSheet(self._actions.values(), self._window)
        sheet.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        sheet.open()

    @Command("open_log", (Menu.HELP, 2, 2), "Open &log file", "Open the log, which a bug report needs.")
    def open_log(self) -> None:
        """Opens the log file."""
        open_log()

    @Command(
        "about",
        (Menu.HELP, 3, 1),
        "&About Unfade",
        "Show the version and the licence.",
        role=QAction.MenuRole.AboutRole,
    )
    def show_about(self) -> None:
        """Says what this is."""
        text = translate(
            "Window",
            "<h3>Unfade {version}</h3><p>Enlarges, cleans and colours pictures, on this computer alone.</p>"
            "<p>Free software under the GNU General Public License, version 3 or later.</p>",
        )
        title = translate("Window", "About Unfade")
        QMessageBox.about(self._window, title, text.format(version=__version__))


COMMAND = (sys.executable, "-m", "unfade", "doctor", "--json")


class DoctorDialog(QDialog):
    """Asks the doctor when it is made, and shows the findings when they are there (seconds later)."""

    def __init__(self, parent: QWidget | None = None, *, command: Sequence[str] = COMMAND) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("Doctor", "Doctor"))
        self.resize(760, 560)
        self.summary = QLabel(translate("Doctor", "Looking at devices and models…"))
        self.summary.setWordWrap(True)
        self.summary.setProperty("role", "heading")
        self.findings = _findings_list()
        self.copy = QPushButton(translate("Doctor", "&Copy report"))
        self.copy.setToolTip(translate("Doctor", "Put the findings on the clipboard, for a bug report."))
        self.copy.setEnabled(False)
        self.copy.clicked.connect(self._copy_report)
        log = QPushButton(translate("Doctor", "Open &log file"))
        log.clicked.connect(open_log)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(log, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = column_of(self)
        layout.addWidget(self.summary)
        layout.addWidget(self.findings)
        layout.addWidget(buttons)
        make_main(buttons.button(QDialogButtonBox.StandardButton.Close), self)
        self._report = ""
        self._process = QProcess(self)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._no_answer)
        self._process.start(command[0], list(command[1:]))

    def done(self, result: int) -> None:
        """Ends the asking too, where it still goes on."""
        self._process.blockSignals(True)
        self._process.kill()
        self._process.waitForFinished(1000)
        super().done(result)

    def _finished(self) -> None:
        answer = bytes(self._process.readAllStandardOutput().data())
        try:
            found = json.loads(answer)
            self._show(found)
        except (ValueError, LookupError, TypeError, AttributeError):
            self._no_answer()
            return
        self._report = json.dumps(found, indent=2)
        self.copy.setEnabled(True)

    def _no_answer(self) -> None:
        text = translate("Doctor", "The doctor gave no answer; run “unfade doctor” in a terminal to see why.")
        self.summary.setText(text)
        restyle(self.summary, "error")

    def _show(self, found: dict[str, Any]) -> None:
        usable = [device for device in found["devices"] if device["usable"]]
        broken = [model for model in found["models"] if not model["runs_on"]]
        self.summary.setText(_verdict(usable, found["models"], broken))
        yes, no = translate("Doctor", "yes"), translate("Doctor", "no")
        unusable = translate("Doctor", "cannot be used")
        devices = [(d["label"], _aside(yes if d["usable"] else no, d["note"])) for d in found["devices"]]
        # Why it is not the GPU is told once, by the devices.
        models = [(m["name"], m["runs_on"] or _aside(unusable, m["note"])) for m in found["models"]]
        self._group(translate("Doctor", "Devices, the first that works is used"), devices)
        self._group(translate("Doctor", "Models"), models)
        self._group(translate("Doctor", "Versions"), list(found["versions"].items()))
        self._group(translate("Doctor", "Places"), list(found["places"].items()))

    def _group(self, title: str, rows: list[tuple[str, str]]) -> None:
        group = QTreeWidgetItem(self.findings, [title])
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setFirstColumnSpanned(True)
        for name, finding in rows:
            row = QTreeWidgetItem(group, [name, finding])
            row.setToolTip(1, finding)
        group.setExpanded(True)

    def _copy_report(self) -> None:
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self._report)


def open_log() -> None:
    """Opens the log file with whatever the system opens text files with; its folder while there is none."""
    path = log_file()
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.exists() else path.parent)))


def _verdict(usable: list[dict[str, Any]], models: list[dict[str, Any]], broken: list[dict[str, Any]]) -> str:
    if not models:
        return translate("Doctor", "There are no models; install Unfade again.")
    if broken:
        names = ", ".join(model["name"] for model in broken)
        return translate("Doctor", "These models cannot be used: {names}.").format(names=names)
    return translate("Doctor", "All models can be used. They run on {device}.").format(
        device=usable[0]["label"] if usable else "CPU"
    )


def _aside(state: str, note: str | None) -> str:
    return f"{state}: {note}" if note else state


def _findings_list() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setColumnCount(2)
    tree.setHeaderHidden(True)
    tree.setRootIsDecorated(False)
    tree.setItemsExpandable(False)
    tree.setWordWrap(True)
    tree.setAccessibleName(translate("Doctor", "Findings"))
    header = tree.header()
    assert header is not None
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    return tree
