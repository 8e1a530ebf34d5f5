"""Commands and the help sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.ui.accessibility import nameless, unreachable
from unfade.ui.commands import COMMANDS, Menu, commands_of, keys_of, make_action
from unfade.ui.dialogs.help import ShortcutSheet
from unfade.ui.link import EngineLink
from unfade.ui.settings import Settings
from unfade.ui.window import Window


@pytest.mark.usefixtures("qapp")
def test_no_two_commands_have_the_same_keys() -> None:
    owners: dict[str, str] = {}
    clashes = []
    for id, command in COMMANDS.items():
        for keys in keys_of(command):
            text = keys.toString(QKeySequence.SequenceFormat.PortableText)
            assert text, (id, command.keys)
            if text in owners:
                clashes.append((text, owners[text], id))
            owners[text] = id
    assert clashes == []


def test_no_two_entries_of_a_menu_have_the_same_mnemonic() -> None:
    for menu in Menu:
        marks = [c.text[c.text.index("&") + 1].lower() for c in COMMANDS.values() if c.menu is menu]
        twice = {mark for mark in marks if marks.count(mark) > 1}
        assert not twice, (menu, twice)


def test_actions_carry_everything(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    for id, command in COMMANDS.items():
        action = make_action(id, parent)
        assert action.objectName() == id
        assert action.text() == command.text
        assert action.isCheckable() == command.checkable
        assert action.shortcuts() == keys_of(command)
        assert command.tip in action.toolTip()
        assert command.tip.endswith(".")
    assert "(Ctrl+O)" in make_action("open", parent).toolTip()


def test_an_unknown_command_is_an_error() -> None:
    with pytest.raises(KeyError):
        make_action("fly", None)


@pytest.mark.parametrize("hosted", [False, True])
def test_every_command_does_something(qtbot: QtBot, tmp_path: Path, hosted: bool) -> None:
    window = Window(Settings(tmp_path / "window.ini"), EngineLink(), hosted=hosted)
    idle = [
        id
        for id, action in window.commands.items()
        if not action.receivers(action.toggled if action.isCheckable() else action.triggered)
    ]
    window.close()
    qtbot.addWidget(window)
    assert idle == []
    assert set(window.commands) == {command.id for command in commands_of(hosted)}


def rows(sheet: ShortcutSheet) -> list[tuple[str, str]]:
    found = []
    for index in range(sheet.list.topLevelItemCount()):
        group = sheet.list.topLevelItem(index)
        assert group is not None
        for number in range(group.childCount()):
            row = group.child(number)
            assert row is not None
            if not row.isHidden() and not group.isHidden():
                found.append((row.text(0), row.text(1)))
    return found


def test_the_sheet_shows_every_command(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    sheet = ShortcutSheet([make_action(id, parent) for id in COMMANDS], parent)
    shown = dict(rows(sheet))
    assert shown["Move the divider of the split view"] == "Ctrl+Left, Ctrl+Right"
    assert shown["Use the chosen tool"] == "Return, Enter"
    assert shown["Whole picture, or actual pixels"] == "Double-click"
    assert shown["Open…"] == "Ctrl+O"
    assert shown["Actual pixels"] == "1, Ctrl+1"
    assert not any("&" in text for text in shown)
    for text, keys in rows(sheet)[: len(COMMANDS)]:
        assert keys or text in ("Open log file", "About Unfade"), text
    assert nameless(sheet) == unreachable(sheet) == []


def test_searching_the_sheet(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    sheet = ShortcutSheet([make_action(id, parent) for id in COMMANDS], parent)
    for text, expected in (
        ("side", "Side by side"),
        ("ctrl+shift+z", "Redo"),
        ("brush larger", "Larger brush"),
    ):
        sheet.search.setText(text)
        assert [row[0] for row in rows(sheet)] == [expected]
    sheet.search.setText("no such thing")
    assert rows(sheet) == []
    sheet.search.clear()
    assert len(rows(sheet)) > len(COMMANDS)
