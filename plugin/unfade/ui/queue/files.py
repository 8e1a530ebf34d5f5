"""Which pictures go into the queue, and where their results go, and as what."""

from __future__ import annotations

import functools
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QStandardPaths
from PyQt6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from unfade.paths import in_home
from unfade.picture import PICTURE_SUFFIXES
from unfade.ui.language import Words
from unfade.ui.queue.model import Output
from unfade.ui.saving import FORMATS, LOSSY, format_for
from unfade.ui.settings import Settings
from unfade.ui.theme import Space
from unfade.ui.widgets import label_of

translate = QCoreApplication.translate

_OWN_FORMAT = "own"


def ask_for_pictures(parent: QWidget, settings: Settings) -> list[Path]:
    """The files chosen; none where the user thought better of it."""
    patterns = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
    names, _filter = QFileDialog.getOpenFileNames(
        parent,
        translate("Queue", "Add pictures"),
        str(settings.folder("open")),
        f"{translate('Queue', 'Pictures')} ({patterns})",
    )
    if names:
        settings.set_folder("open", Path(names[0]).parent)
    return [Path(name) for name in names]


def ask_for_folder(parent: QWidget, settings: Settings) -> list[Path]:
    """The folder chosen, as a list; empty where the user thought better of it."""
    name = QFileDialog.getExistingDirectory(
        parent, translate("Queue", "Add folder"), str(settings.folder("open"))
    )
    if not name:
        return []
    settings.set_folder("open", Path(name))
    return [Path(name)]


class OutputFields(QWidget):
    """Folder, format and quality; remembered in the settings as soon as they change."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.folder = QLineEdit(str(settings.output_folder(_usual_folder())))
        self.browse = QPushButton()
        self.format = QComboBox()
        self.format.addItem("", _OWN_FORMAT)
        for name in FORMATS:
            self.format.addItem(format_for(name).title, name)
        chosen = settings.choice("queue format", _OWN_FORMAT, (_OWN_FORMAT, *FORMATS))
        self.format.setCurrentIndex(self.format.findData(chosen))
        self.quality = QSpinBox()
        self.quality.setRange(1, 100)
        self.quality.setValue(settings.number("queue quality", 95, 1, 100))
        self._lay_out()
        self.browse.clicked.connect(self._ask_for_folder)
        self.folder.editingFinished.connect(self._remember)
        self.format.currentIndexChanged.connect(self._remember)
        self.quality.valueChanged.connect(self._remember)
        self._enable()

    def output(self) -> Output:
        """What is filled in."""
        format = self.format.currentData()
        return Output(
            folder=in_home(self.folder.text()),
            format=None if format == _OWN_FORMAT else format,
            quality=self.quality.value(),
        )

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        labels = [label_of("", field) for field in (self.folder, self.format, self.quality)]
        Words(self).follow(functools.partial(self._put_texts, *labels))
        grid.addWidget(labels[0], 0, 0)
        grid.addWidget(self.folder, 0, 1, 1, 2)
        grid.addWidget(self.browse, 0, 3)
        grid.addWidget(labels[1], 1, 0)
        grid.addWidget(self.format, 1, 1)
        grid.addWidget(labels[2], 1, 2)
        grid.addWidget(self.quality, 1, 3)

    def _put_texts(self, folder: QLabel, format: QLabel, quality: QLabel) -> None:
        folder.setText(translate("Queue", "Results &go to"))
        format.setText(translate("Queue", "For&mat"))
        quality.setText(translate("Queue", "&Quality"))
        self.browse.setText(translate("Queue", "&Browse…"))
        self.browse.setAccessibleName(translate("Queue", "Choose the folder for results"))
        self.format.setItemText(0, translate("Queue", "As the picture"))
        self.quality.setToolTip(translate("Queue", "Quality of JPEG, WebP, AVIF and JPEG XL results."))

    def _ask_for_folder(self) -> None:
        title = translate("Queue", "Folder for results")
        name = QFileDialog.getExistingDirectory(self, title, self.folder.text())
        if name:
            self.folder.setText(name)
            self._remember()

    def _remember(self) -> None:
        self._settings.set_output_folder(self.output().folder)
        self._settings.set_choice("queue format", self.format.currentData())
        self._settings.set_number("queue quality", self.quality.value())
        self._enable()

    def _enable(self) -> None:
        self.quality.setEnabled(self.format.currentData() in (_OWN_FORMAT, *LOSSY))


def _usual_folder() -> Path:
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return Path(pictures or Path.home()) / "Unfade"
