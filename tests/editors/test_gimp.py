"""The plug-in inside the real GIMP: by its procedures without a screen, and by hand with one."""

from __future__ import annotations

import pytest

from tests.editors.conftest import SCREEN, UNFADE, Root, judge

RC = """(config-version "3.0.4")
(show-welcome-dialog no)
(check-updates no)
(save-session-info no)
(default-image (width 100) (height 100))
"""
SILENT = ["--no-splash", "--batch-interpreter=python-fu-eval", "--quit"]


@pytest.fixture(scope="module")
def gimp(root: Root) -> Root:
    """With the plug-in installed as a user installs it."""
    profile = root.outside(f"{root.home}/.config/GIMP/3.0")
    profile.mkdir(parents=True)
    (profile / "gimprc").write_text(RC, encoding="utf-8")
    said = root.run(UNFADE, "install", "gimp", seconds=300)
    assert "GIMP was asked, and sees" in said and "plug-in-unfade-upscale" in said
    return root


@pytest.mark.timeout(900)
def test_procedures(gimp: Root) -> None:
    suite = f"exec(open('{gimp.home}/suite/gimp_suite.py').read())"
    judge(gimp.run("gimp-console", "-n", "-i", "-d", *SILENT, "-b", suite, seconds=600))


@pytest.mark.timeout(900)
def test_window(gimp: Root) -> None:
    suite = f"exec(open('{gimp.home}/suite/gimp_window.py').read())"
    options = " ".join(["-n", *SILENT, "-b", f'"{suite}"'])
    judge(gimp.run(*SCREEN, f"openbox & sleep 1; dbus-run-session -- gimp-3.0 {options}", seconds=400))


LABELS = """
for name in ("colorize", "repeat"):
    print("label", Gimp.get_pdb().lookup_procedure("plug-in-unfade-" + name).get_menu_label())
"""


def test_the_menu_speaks_gimps_language(gimp: Root) -> None:
    """Also after another: GIMP keeps the labels that it was told."""
    options = ["-n", "-i", "-d", *SILENT, "-b", LABELS]
    for language, labels in {
        "de": ["_Kolorieren...", "Unfade: _Letzten Filter wiederholen"],
        "en": ["_Colorize...", "Unfade: _Repeat last"],
    }.items():
        said = gimp.run("gimp-console", *options, seconds=120, LANGUAGE=language)
        assert [line[6:] for line in said.splitlines() if line.startswith("label ")] == labels


def test_uninstall(gimp: Root) -> None:
    said = gimp.run(UNFADE, "install", "gimp", "--uninstall", seconds=60)
    assert "were removed" in said
    assert not gimp.outside(f"{gimp.home}/.config/GIMP/3.0/plug-ins/unfade").exists()
