"""The plug-in inside the real Krita with its window, driven by a second plug-in."""

from __future__ import annotations

import shutil

import pytest

from tests.editors.conftest import SCREEN, UNFADE, Root, judge

DESKTOP = """[Desktop Entry]
Type=Service
ServiceTypes=Krita/PythonPlugin
X-KDE-Library=unfade_test
X-Python-2-Compatible=false
X-Krita-Manual=
Name=Unfade's tests
Comment=Runs the suite
"""


@pytest.fixture(scope="module")
def krita(root: Root) -> Root:
    """With the plug-in installed as a user installs it, and the plug-in that runs the suite."""
    settings = root.outside(f"{root.home}/.config")
    settings.mkdir()
    (settings / "kritarc").write_text("[python]\nenable_unfade_test=true\n", encoding="utf-8")
    plugins = root.outside(f"{root.home}/.local/share/krita/pykrita")
    (plugins / "unfade_test").mkdir(parents=True)
    (plugins / "unfade_test.desktop").write_text(DESKTOP, encoding="utf-8")
    shutil.copy(root.outside(f"{root.home}/suite/krita_suite.py"), plugins / "unfade_test" / "__init__.py")
    said = root.run(UNFADE, "install", "krita", seconds=120)
    assert "Krita was asked, and sees" in said and "unfade_upscale" in said
    return root


@pytest.mark.timeout(600)
def test_actions(krita: Root) -> None:
    krita.run(*SCREEN, "openbox & sleep 1; krita --nosplash", seconds=400)
    judge(krita.outside(f"{krita.folder}/krita-report.txt").read_text(encoding="utf-8"))


@pytest.mark.timeout(600)
def test_the_menu_speaks_kritas_language(krita: Root) -> None:
    variables = {"LANGUAGE": "de", "UNFADE_TEST_LANGUAGE": "de", "UNFADE_TEST_ONLY": "test_the_menu"}
    krita.run(*SCREEN, "openbox & sleep 1; krita --nosplash", seconds=400, **variables)
    judge(krita.outside(f"{krita.folder}/krita-report.txt").read_text(encoding="utf-8"))


def test_uninstall(krita: Root) -> None:
    said = krita.run(UNFADE, "install", "krita", "--uninstall", seconds=60)
    assert "were removed" in said
    assert not krita.outside(f"{krita.home}/.local/share/krita/pykrita/unfade").exists()
    settings = krita.outside(f"{krita.home}/.config/kritarc").read_text(encoding="utf-8")
    assert "enable_unfade=" not in settings and "enable_unfade_test=true" in settings
