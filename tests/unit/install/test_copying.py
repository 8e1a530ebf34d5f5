"""What is copied, what is recorded, and that it goes without a trace."""

from __future__ import annotations

import ast
import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from unfade.filters import all_filters, describe_options
from unfade.install import Editor, InstallError, Profile, install, uninstall
from unfade.install.copying import switch
from unfade.ui.language import LANGUAGES

ROOT = Path(__file__).resolve().parents[3]


def gimp(folder: Path) -> Profile:
    return Profile(Editor.GIMP, "GIMP 3.0", folder / "GIMP" / "3.0")


def krita(folder: Path) -> Profile:
    return Profile(Editor.KRITA, "Krita", folder / "krita", folder / "kritarc")


def everything(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_gimps_plug_in_is_one_folder_with_an_executable_of_its_name(tmp_path: Path) -> None:
    done = install(gimp(tmp_path))
    assert done.folder == tmp_path / "GIMP" / "3.0" / "plug-ins" / "unfade"
    assert sorted(path.name for path in done.folder.iterdir()) == [
        "unfade.json", "unfade.py", "unfade_client.py", "unfade_editor.py", "unfade_pixels.py",
    ]  # fmt: skip
    if sys.platform != "win32":
        assert (done.folder / "unfade.py").stat().st_mode & 0o777 == 0o755


def test_what_is_recorded_is_what_the_command_line_says(tmp_path: Path) -> None:
    done = install(gimp(tmp_path))
    recorded = json.loads((done.folder / "unfade.json").read_text(encoding="utf-8"))
    assert recorded["command"] == [sys.executable]
    described = json.loads(json.dumps([describe_options(filter) for filter in all_filters()]))
    assert [filter["options"] for filter in recorded["filters"]] == described
    assert [filter["title"] for filter in recorded["filters"]] == [filter.title for filter in all_filters()]
    assert {"Upscale", "Restore old photograph", "Repair"} <= {one["title"] for one in recorded["filters"]}


def test_every_menu_entry_is_there_in_every_language_of_the_window(tmp_path: Path) -> None:
    recorded = json.loads((install(krita(tmp_path)).folder / "unfade.json").read_text(encoding="utf-8"))
    for texts in (recorded["repeat"], *(one["titles"] for one in recorded["filters"])):
        assert set(texts) == set(LANGUAGES)
        assert len(set(texts.values())) == len(texts)  # none is left in English


@pytest.mark.parametrize("make", [gimp, krita])
def test_again_gives_the_same_and_uninstall_leaves_nothing(tmp_path: Path, make: type) -> None:
    profile = make(tmp_path)
    install(profile)
    once = everything(tmp_path)
    install(profile)
    assert everything(tmp_path) == once
    assert uninstall(profile) is not None
    assert {name: text for name, text in everything(tmp_path).items() if text} == {}
    assert uninstall(profile) is None


def test_what_is_not_unfades_stays(tmp_path: Path) -> None:
    theirs = tmp_path / "GIMP" / "3.0" / "plug-ins" / "unfade" / "mine.py"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("mine", encoding="utf-8")
    for act in (install, uninstall):
        with pytest.raises(InstallError, match="is not Unfade's"):
            act(gimp(tmp_path))
    assert everything(theirs.parent) == {"mine.py": b"mine"}


def test_kritas_plug_in_is_listed_switched_on_and_known_to_its_shortcuts(tmp_path: Path) -> None:
    (tmp_path / "kritarc").write_text("[Group][x]\nKey=1\n\n[python]\nenable_other=true\n", encoding="utf-8")
    done = install(krita(tmp_path))
    assert {"__init__.py", "layers.py"} <= {path.name for path in done.folder.iterdir()}
    assert "X-KDE-Library=unfade\n" in (done.folder.parent / "unfade.desktop").read_text(encoding="utf-8")
    rc = (tmp_path / "kritarc").read_text(encoding="utf-8")
    assert rc == "[Group][x]\nKey=1\n\n[python]\nenable_unfade=true\nenable_other=true\n"
    actions = ElementTree.parse(tmp_path / "krita" / "actions" / "unfade.action")
    names = [action.get("name") for action in actions.iter("Action")]
    assert names == [*(f"unfade_{filter.name}" for filter in all_filters()), "unfade_repeat"]
    uninstall(krita(tmp_path))
    assert (tmp_path / "kritarc").read_text(
        encoding="utf-8"
    ) == "[Group][x]\nKey=1\n\n[python]\nenable_other=true\n"


@pytest.mark.parametrize(
    "text", ["", "[a]\nx=1\n", "[python]\nenable_x=true\n", "[python]\nenable_x=true\n\n[b]\ny=2\n"]
)
def test_switching_on_and_off_gives_the_text_back(text: str) -> None:
    on = switch(text, True)
    assert on.count("enable_unfade=true") == 1 and on.count("[python]") == 1
    assert switch(on, True) == on
    assert switch(on, False) == text


@pytest.mark.parametrize(
    "path",
    [
        "plugin/gimp/unfade.py",
        "plugin/gimp/unfade_pixels.py",
        "plugin/krita/unfade/__init__.py",
        "plugin/krita/unfade/layers.py",
        "plugin/unfade/install/editor.py",
        "plugin/unfade/service/client.py",
    ],
)
def test_what_runs_in_an_editor_is_small_and_wants_only_the_editor(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    editors = {"gi", "krita", "PyQt5", "PyQt6", "layers", "unfade_client", "unfade_editor", "unfade_pixels"}
    assert imported <= sys.stdlib_module_names | editors
    if "/gimp/" in path or "/krita/" in path:
        assert len(text.splitlines()) < 400
