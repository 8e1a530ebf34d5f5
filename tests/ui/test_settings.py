"""Settings survive a restart, and nonsense in the file reads as the default."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QByteArray

from unfade.ui.settings import RECENT_FILES, Settings, Theme


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "window.ini"


def test_everything_survives_a_restart(file: Path, tmp_path: Path) -> None:
    one = Settings(file)
    one.theme = Theme.DARK
    one.language = "fr"
    one.set_layout("window", QByteArray(b"\0\1\xff"))
    one.add_recent_file(tmp_path / "Zoë, 1.jpg")
    one.set_folder("open", tmp_path)
    one.set_output_folder(tmp_path / "later")
    one.set_last_options("upscale", {"scale": 2.5, "model": None})
    one.add_recent_colour("#aabbcc")
    one.set_choice("save format", "webp")
    one.set_number("save quality", 80)
    assert one.save()
    other = Settings(file)
    assert other.theme is Theme.DARK
    assert other.language == "fr"
    assert other.layout("window").data() == b"\0\1\xff"
    assert other.recent_files == (tmp_path / "Zoë, 1.jpg",)
    assert other.folder("open") == tmp_path
    assert other.output_folder(Path("x")) == tmp_path / "later"
    assert other.last_options("upscale") == {"scale": 2.5, "model": None}
    assert other.recent_colours == ("#aabbcc",)
    assert other.choice("save format", "png", ("png", "webp")) == "webp"
    assert other.number("save quality", 95, 1, 100) == 80


def test_defaults(file: Path) -> None:
    settings = Settings(file)
    assert settings.theme is Theme.SYSTEM
    assert settings.language == ""
    assert settings.recent_files == settings.recent_colours == ()
    assert settings.last_options("upscale") == {}
    assert settings.layout("window").isEmpty()
    assert settings.folder("open") == Path.home()


def test_recent_files_are_few_and_each_once(file: Path, tmp_path: Path) -> None:
    settings = Settings(file)
    for number in range(RECENT_FILES + 3):
        settings.add_recent_file(tmp_path / f"{number}.png")
    settings.add_recent_file(tmp_path / "5.png")
    assert len(settings.recent_files) == RECENT_FILES
    assert settings.recent_files[:2] == (tmp_path / "5.png", tmp_path / f"{RECENT_FILES + 2}.png")
    settings.forget_recent_files()
    assert settings.recent_files == ()


def test_recent_files_that_are_gone_are_not_offered(file: Path, tmp_path: Path) -> None:
    settings = Settings(file)
    for name in ("there.png", "gone.png"):
        settings.add_recent_file(tmp_path / name)
    (tmp_path / "there.png").touch()
    assert settings.present_recent_files() == (tmp_path / "there.png",)


def test_nonsense_reads_as_the_default(file: Path) -> None:
    file.write_text(
        "[General]\ntheme=pink\n[recent]\nfiles=[1, 2\ncolours={}\n[options]\nupscale=[]\n"
        "[layout]\nwindow=3\n[folder]\nopen=/nowhere/at/all\n[choice]\nformat=gif\n[number]\nquality=many\nother=1000\n"
    )
    settings = Settings(file)
    assert settings.theme is Theme.SYSTEM
    assert settings.recent_files == settings.recent_colours == ()
    assert settings.last_options("upscale") == {}
    assert settings.layout("window").isEmpty()
    assert settings.folder("open") == Path.home()
    assert settings.choice("format", "png", ("png", "jpeg")) == "png"
    assert settings.number("quality", 95, 1, 100) == settings.number("other", 95, 1, 100) == 95


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "window.ini")
    settings.language = "de"
    assert not settings.save()
    assert settings.language == "de"
