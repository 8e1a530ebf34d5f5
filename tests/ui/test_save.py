"""Saving: the dialog's choices, what is refused, and the file that comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QDialog, QMessageBox
from pytestqt.qtbot import QtBot

from tests.ui.accessibility import nameless, unreachable
from unfade.errors import OutputError
from unfade.inference import Extent
from unfade.picture import Metadata, Picture, read_picture
from unfade.ui.dialogs.save import SaveDialog
from unfade.ui.saving import FORMATS, SaveChoice, refusal, suggested_path, with_suffix, write_as
from unfade.ui.settings import Settings

EXIF = bytes.fromhex("49492a0008000000 0100 0f01 0200 06000000 1a000000 00000000") + b"Acme\0\0"  # Make


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"the original")
    return path


def index(format: str) -> int:
    return FORMATS.index(format)


def test_a_name_is_suggested_that_is_not_taken(source: Path) -> None:
    folder = source.parent
    assert suggested_path(source, (), "jpeg") == folder / "cat-2.jpg"
    assert (
        suggested_path(source, ("deartifact", "upscale", "upscale"), "png")
        == folder / "cat-deartifact-upscale.png"
    )
    (folder / "cat-upscale.png").write_bytes(b"")
    (folder / "cat-upscale-2.png").write_bytes(b"")
    assert suggested_path(source, ("upscale",), "png") == folder / "cat-upscale-3.png"


@pytest.mark.parametrize(
    ("name", "format", "expected"),
    [
        ("a.jpg", "png", "a.png"),
        ("a.jpeg", "jpeg", "a.jpeg"),
        ("a", "tiff", "a.tif"),
        ("scan 1.5", "webp", "scan 1.5.webp"),
        ("a.PNG", "png", "a.PNG"),
    ],
)
def test_suffixes(name: str, format: str, expected: str) -> None:
    assert with_suffix(Path(name), format).name == expected


def test_what_is_refused(tmp_path: Path) -> None:
    def why(path: Path, format: str = "webp", extent: Extent | None = None) -> str | None:
        return refusal(SaveChoice(path, format), extent)

    assert why(tmp_path / "a.webp") is None
    assert why(tmp_path / "a.webp", extent=Extent(16383, 16383)) is None
    assert "16383 pixels a side" in str(why(tmp_path / "a.webp", extent=Extent(100, 16384)))
    assert "65500 pixels a side" in str(why(tmp_path / "a.jpg", "jpeg", Extent(65501, 2)))
    assert why(tmp_path / "a.png", "png", Extent(65501, 2)) is None
    assert "does not exist" in str(why(tmp_path / "no" / "a.webp"))
    (tmp_path / "b.webp").mkdir()
    assert "is a folder" in str(why(tmp_path / "b.webp"))
    assert "name" in str(why(Path()))


def test_the_dialog_begins_with_the_pictures_own_format(qtbot: QtBot, source: Path) -> None:
    dialog = SaveDialog(source, filters=("upscale",))
    qtbot.addWidget(dialog)
    choice = dialog.choice()
    assert choice == SaveChoice(source.with_name("cat-upscale.jpg"), "jpeg", 95, deep=False, keep_exif=True)
    assert dialog.name.selectedText() == "cat-upscale"
    assert nameless(dialog) == unreachable(dialog) == []


def test_format_and_suffix_follow_each_other(qtbot: QtBot, source: Path) -> None:
    dialog = SaveDialog(source)
    qtbot.addWidget(dialog)
    dialog.format.setCurrentIndex(index("tiff"))
    assert dialog.name.text() == "cat-2.tif"
    assert not dialog.quality.isEnabled() and not dialog.slider.isEnabled()
    dialog.name.setText("dog.webp")
    dialog.name.editingFinished.emit()
    assert dialog.choice().format == "webp"
    assert dialog.quality.isEnabled()
    dialog.quality.setValue(40)
    assert dialog.slider.value() == 40
    dialog.slider.setValue(60)
    assert dialog.choice().quality == 60


def test_16_bits_where_there_are_16(qtbot: QtBot, source: Path) -> None:
    dialog = SaveDialog(source, deep=True, alpha=True)
    qtbot.addWidget(dialog)
    assert not dialog.choice().deep  # JPEG
    assert "8 bits a channel" in dialog.note.text() and "laid on white" in dialog.note.text()
    dialog.format.setCurrentIndex(index("png"))
    assert dialog.choice().deep
    assert dialog.note.text() == ""
    shallow = SaveDialog(source)
    qtbot.addWidget(shallow)
    shallow.format.setCurrentIndex(index("png"))
    assert not shallow.bits.isEnabled() and not shallow.choice().deep


def test_sizes_are_refused_in_the_dialog(qtbot: QtBot, source: Path) -> None:
    dialog = SaveDialog(source, extent=Extent(20000, 30000))
    qtbot.addWidget(dialog)
    assert dialog.save.isEnabled()
    dialog.format.setCurrentIndex(index("webp"))
    assert not dialog.save.isEnabled()
    assert "30000 × 20000" in dialog.trouble.text()
    dialog.accept()
    assert dialog.result() != QDialog.DialogCode.Accepted
    dialog.format.setCurrentIndex(index("png"))
    assert dialog.save.isEnabled() and dialog.trouble.text() == ""
    dialog.name.clear()
    assert not dialog.save.isEnabled()


@pytest.mark.parametrize("replace", [True, False])
def test_an_existing_file_is_asked_about(qtbot: QtBot, source: Path, replace: bool) -> None:
    dialog = SaveDialog(source)
    qtbot.addWidget(dialog)
    dialog.name.setText("cat.jpg")
    asked: list[str] = []

    def answer() -> None:
        question = QApplication.activeModalWidget()
        assert isinstance(question, QMessageBox)
        asked.append(question.text())
        wanted = QMessageBox.ButtonRole.DestructiveRole if replace else QMessageBox.ButtonRole.RejectRole
        next(button for button in question.buttons() if question.buttonRole(button) is wanted).click()

    QTimer.singleShot(0, answer)
    dialog.accept()
    assert asked == ["cat.jpg exists already."]
    assert (dialog.result() == QDialog.DialogCode.Accepted) is replace


def test_it_remembers(qtbot: QtBot, source: Path, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "window.ini")
    dialog = SaveDialog(source, settings=settings)
    qtbot.addWidget(dialog)
    dialog.format.setCurrentIndex(index("webp"))
    dialog.quality.setValue(70)
    dialog.accept()
    again = SaveDialog(None, settings=settings)
    qtbot.addWidget(again)
    assert again.choice() == SaveChoice(tmp_path / "picture.webp", "webp", 70)


def deep_picture() -> Picture:
    ramp = np.arange(64 * 48 * 3, dtype=np.uint16).reshape(48, 64, 3) * 7
    return Picture(ramp, Metadata(exif=EXIF, dpi=(300, 300)))


@pytest.mark.parametrize(("deep", "keep", "dpi"), [(True, True, None), (False, False, 600)])
def test_the_file(tmp_path: Path, deep: bool, keep: bool, dpi: int | None) -> None:
    picture, path = deep_picture(), tmp_path / "a.png"
    write_as(picture, SaveChoice(path, "png", deep=deep, keep_exif=keep, dpi=dpi))
    written = read_picture(path)
    assert written.pixels.dtype == (np.uint16 if deep else np.uint8)
    expected = picture.pixels if deep else np.rint(picture.pixels / 257)
    assert np.array_equal(written.pixels, expected)
    assert (written.metadata.exif is not None) is keep
    assert written.metadata.dpi == pytest.approx((dpi or 300, dpi or 300), abs=0.1)


def test_a_failure_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist; create it first"):
        write_as(deep_picture(), SaveChoice(tmp_path / "no" / "a.png", "png"))
    assert list(tmp_path.iterdir()) == []


def test_colours_of_jpeg_and_compression_of_png(qtbot: QtBot, source: Path, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "window.ini")
    dialog = SaveDialog(source, settings=settings)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.subsampling.isVisible() and not dialog.compression.isVisible()
    dialog.subsampling.setCurrentIndex(2)
    dialog.format.setCurrentIndex(index("png"))
    assert dialog.compression.isVisible() and not dialog.subsampling.isVisible()
    dialog.compression.setValue(9)
    dialog.accept()
    again = SaveDialog(source, settings=settings)
    qtbot.addWidget(again)
    assert (again.choice().subsampling, again.choice().compression) == (True, 9)
    picture = deep_picture()
    sizes = []
    for level in (0, 9):
        write_as(picture, SaveChoice(tmp_path / "a.png", "png", compression=level))
        sizes.append((tmp_path / "a.png").stat().st_size)
    assert sizes[1] < sizes[0] / 2
    for halved, expected in ((False, (1, 1)), (True, (2, 2)), (None, (1, 1))):
        write_as(picture, SaveChoice(tmp_path / "a.jpg", "jpeg", subsampling=halved))
        with Image.open(tmp_path / "a.jpg") as written:
            assert written.layer[0][1:3] == expected  # type: ignore[attr-defined] # of luma, beside chroma's 1
