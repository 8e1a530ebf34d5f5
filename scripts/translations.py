"""Renews the window's translations: texts from the code into .ts files, and those into the .qm files shipped.

Texts are calls of ``translate`` in the code, what commands declare, and what filters say of themselves.

Translate with Qt Linguist, or any editor, what is then marked "unfinished", and run it again. It needs Qt's
``lrelease``: Debian's qt6-l10n-tools, or pip's pyside6-essentials.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree import ElementTree

from PyQt6.lupdate.lupdate import lupdate

import unfade.ui.window  # noqa: F401  with it all commands are declared
from unfade.filters import all_filters
from unfade.install.copying import REPEAT
from unfade.ui.commands import COMMANDS
from unfade.ui.panels.stack import PANELS

ROOT = Path(__file__).parents[1]
UI = ROOT / "plugin" / "unfade" / "ui"
TRANSLATIONS = UI / "translations"
LANGUAGES = ("de", "es", "fr", "zh_CN")

_LRELEASE = ("lrelease6", "/usr/lib/qt6/bin/lrelease", "pyside6-lrelease", "lrelease")


def main() -> int:
    """Exit status 0 when every text is translated into every language."""
    files = [TRANSLATIONS / f"unfade_{language}.ts" for language in LANGUAGES]
    extract(files)
    lrelease = next((found for name in _LRELEASE if (found := shutil.which(name))), None)
    if lrelease is None:
        print("Qt's lrelease is missing; install qt6-l10n-tools or pyside6-essentials.", file=sys.stderr)
        return 1
    complete = True
    for file in files:
        subprocess.run([lrelease, "-silent", str(file), "-qm", str(file.with_suffix(".qm"))], check=True)
        for text in unfinished(file):
            complete = False
            print(f"{file.name}: not translated yet: {text}")
    return 0 if complete else 1


def extract(files: Sequence[Path]) -> None:
    """Brings .ts files up to the texts in the code: new ones are unfinished, those gone are dropped."""
    sources = sorted(str(path) for path in UI.rglob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        declared = Path(folder) / "declared.py"
        calls = sorted({f"QT_TRANSLATE_NOOP({context!r}, {text!r})\n" for context, text in declared_texts()})
        declared.write_text("".join(calls), "utf-8")
        targets = [str(file) for file in files]
        lupdate([*sources, str(declared)], targets, no_obsolete=True, no_summary=True)  # type: ignore[no-untyped-call]
    for file in files:
        root = ElementTree.parse(file).getroot()
        root.set("sourcelanguage", "en")
        root.set("language", file.stem.partition("_")[2])
        for message in root.iter("message"):
            for location in message.findall("location"):  # line numbers change with every edit of the code
                message.remove(location)
        ElementTree.indent(root, "  ")
        text = ElementTree.tostring(root, encoding="unicode")
        file.write_text(
            f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', "utf-8", newline="\n"
        )


def declared_texts() -> Iterable[tuple[str, str]]:
    """(context, text) of all commands, of the panels that are made from filters' options, and of the editors'
    menus."""
    for command in COMMANDS.values():
        yield from command.texts
    for panel in PANELS.values():
        yield from panel.texts()
    for filter in all_filters():
        yield "Filter", filter.title
    yield "Editor", REPEAT


def unfinished(file: Path) -> list[str]:
    """The texts of a .ts file that wait for their translation."""
    messages = ElementTree.parse(file).getroot().iter("message")
    return [
        message.findtext("source", "")
        for message in messages
        if message.find("translation[@type]") is not None or not message.findtext("translation")
    ]


if __name__ == "__main__":
    sys.exit(main())
