"""Translations are complete, fit their sources, and are compiled."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PyQt6.QtCore import QLocale
from PyQt6.QtWidgets import QApplication
from scripts.translations import TRANSLATIONS, extract, unfinished

from unfade.ui.commands import COMMANDS, Menu, make_action
from unfade.ui.language import LANGUAGES, install_language, language_for

TRANSLATED = [language for language in LANGUAGES if language != "en"]
MARKS = re.compile(r"\{\w*\}|%n|%[0-9]|\n")
EDGES = re.compile(r"^\s+|\s+$")


def ts(language: str) -> Path:
    return TRANSLATIONS / f"unfade_{language}.ts"


def messages(file: Path) -> dict[tuple[str, str], str]:
    """(context, source) -> translation."""
    found = {}
    for context in ElementTree.parse(file).getroot().iter("context"):
        for message in context.iter("message"):
            key = context.findtext("name", ""), message.findtext("source", "")
            found[key] = message.findtext("translation", "")
    return found


@pytest.fixture(params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_text_of_the_code_is_translated(language: str, tmp_path: Path) -> None:
    copy = tmp_path / ts(language).name
    shutil.copy(ts(language), copy)
    extract([copy])
    missing = messages(copy).keys() - messages(ts(language)).keys()
    gone = messages(ts(language)).keys() - messages(copy).keys()
    assert (missing, gone) == (set(), set()), "run make translations"
    assert unfinished(ts(language)) == []


def test_placeholders_mnemonics_and_endings_agree(language: str) -> None:
    for (_, source), translation in messages(ts(language)).items():
        pair = (source, translation)
        assert sorted(MARKS.findall(source)) == sorted(MARKS.findall(translation)), pair
        assert source.count("&") == translation.count("&"), pair
        assert ("…" in source) == ("…" in translation), pair
        assert source.endswith((".", "。")) == translation.endswith((".", "。")), pair
        assert EDGES.findall(source) == EDGES.findall(translation), pair  # spaces before units


def test_compiled_files_are_up_to_date(qapp: QApplication, language: str) -> None:
    install_language(qapp, language)
    for (context, source), translation in messages(ts(language)).items():
        assert qapp.translate(context, source) == translation, "run make translations"


def test_mnemonics_are_unique_in_each_menu(qapp: QApplication, language: str) -> None:
    assert install_language(qapp, language) == language
    titles = [menu.title for menu in Menu]
    entries = [
        [make_action(id, None).text() for id, c in COMMANDS.items() if c.menu is menu] for menu in Menu
    ]
    for group in (titles, *entries):
        letters = [text[text.index("&") + 1].casefold() for text in group]
        assert len(set(letters)) == len(letters), (language, sorted(letters), group)


def test_the_window_speaks_it(qapp: QApplication) -> None:
    install_language(qapp, "de")
    assert make_action("open", None).text() == "&Öffnen…"
    assert qapp.translate("QPlatformTheme", "Cancel") == "Abbrechen"  # Qt's own texts
    install_language(qapp, "zh_CN")
    assert make_action("open", None).text() == "打开(&O)…"
    install_language(qapp, "en")
    assert make_action("open", None).text() == "&Open…"


@pytest.mark.parametrize(
    ("chosen", "system", "spoken"),
    [
        ("fr", "de_DE", "fr"),
        ("", "de_AT", "de"),
        ("", "es_MX", "es"),
        ("", "zh_CN", "zh_CN"),
        ("", "zh_TW", "en"),
        ("", "pl_PL", "en"),
        ("klingon", "fr_CA", "fr"),
    ],
)
def test_which_language(chosen: str, system: str, spoken: str) -> None:
    assert language_for(chosen, QLocale(system)) == spoken
