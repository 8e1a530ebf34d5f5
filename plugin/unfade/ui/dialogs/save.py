"""The dialog to save a picture: name, format, quality, depth, metadata, and why not where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)

from unfade.inference import Extent
from unfade.paths import is_there
from unfade.picture import format_of_suffix
from unfade.ui.saving import FORMATS, LOSSY, SaveChoice, format_for, refusal, suggested_path, with_suffix
from unfade.ui.settings import Settings
from unfade.ui.theme import Space
from unfade.ui.widgets import column_of, label_of, make_main

translate = QCoreApplication.translate

_SMALLEST_QUALITY = 1
_DEFAULT_QUALITY = 95
_MOST_DPI = 9600
_USUAL_COMPRESSION = 3
_SUBSAMPLING: dict[str, bool | None] = {"full": False, "half": True}
_YES, _NO = "yes", "no"


class SaveDialog(QDialog):
    """Asks where and how; once accepted, :meth:`choice` is the answer. It asks before a file is replaced.

    Args:
        picture_path: the picture that the result was made from; None if it came without a file.
        parent: the window.
        filters: names of the filters that were run, for the suggested name.
        extent: size of the result; sizes a format cannot hold are refused in the dialog.
        deep: whether the result has more than 8 bits a channel, so that 16 can be chosen.
        alpha: whether it has transparency, which JPEG would lose.
        dpi: the picture's resolution, across and down, where it has one.
        settings: remember what was chosen.
        taken: whether there is a file of that name, or soon will be.
    """

    def __init__(
        self,
        picture_path: Path | None,
        parent: QWidget | None = None,
        *,
        filters: tuple[str, ...] = (),
        extent: Extent | None = None,
        deep: bool = False,
        alpha: bool = False,
        dpi: tuple[float, float] | None = None,
        settings: Settings | None = None,
        taken: Callable[[Path], bool] = is_there,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("SaveDialog", "Save as"))
        self.setMinimumWidth(520)
        self._extent, self._deep, self._alpha, self._settings = extent, deep, alpha, settings
        self._taken = taken
        self._make_fields()
        self._lay_out()
        own = format_of_suffix(picture_path) if picture_path else None
        format = own.name if own and own.name in FORMATS else FORMATS[0]
        if settings:
            format = settings.choice("save format", format, FORMATS)
            self.quality.setValue(settings.number("save quality", _DEFAULT_QUALITY, _SMALLEST_QUALITY, 100))
            self.compression.setValue(settings.number("save compression", _USUAL_COMPRESSION, 0, 9))
            word = settings.choice("save colours", "", tuple(_SUBSAMPLING))
            self.subsampling.setCurrentIndex(self.subsampling.findData(_SUBSAMPLING.get(word)))
            self.keep_exif.setChecked(settings.choice("save camera data", _YES, (_YES, _NO)) == _YES)
        self.dpi.setValue(round(dpi[0]) if dpi else 0)
        path = suggested_path(picture_path, filters, format, taken)
        if settings and picture_path is None:
            path = settings.folder("save") / path.name
        self.format.setCurrentIndex(FORMATS.index(format))
        self._set_path(path)
        self._connect()
        self._update()

    def choice(self) -> SaveChoice:
        """What is filled in."""
        format = FORMATS[self.format.currentIndex()]
        return SaveChoice(
            path=with_suffix(Path(self.folder.text()) / self.name.text().strip(), format)
            if self.name.text().strip()
            else Path(),
            format=format,
            quality=self.quality.value(),
            deep=self.bits.isEnabled() and self.bits.currentIndex() == 1,
            keep_exif=self.keep_exif.isChecked(),
            subsampling=self.subsampling.currentData(),
            compression=self.compression.value(),
            dpi=self.dpi.value() or None,
        )

    def accept(self) -> None:
        """Closes the dialog unless something is in the way, or the user would rather keep what is there."""
        choice = self.choice()
        if refusal(choice, self._extent) or not self._may_write(choice.path):
            return
        if self._settings:
            self._settings.set_choice("save format", choice.format)
            self._settings.set_number("save quality", choice.quality)
            self._settings.set_number("save compression", choice.compression)
            words = {value: word for word, value in _SUBSAMPLING.items()}
            self._settings.set_choice("save colours", words.get(choice.subsampling, ""))
            self._settings.set_choice("save camera data", _YES if choice.keep_exif else _NO)
            self._settings.set_folder("save", choice.path.parent)
        super().accept()

    # Building

    def _make_fields(self) -> None:
        self.name = QLineEdit()
        self.folder = QLineEdit()
        self.browse = QPushButton(translate("SaveDialog", "&Browse…"))
        self.format = QComboBox()
        for name in FORMATS:
            self.format.addItem(_described(name))
        self.quality = QSpinBox()
        self.quality.setRange(_SMALLEST_QUALITY, 100)
        self.quality.setValue(_DEFAULT_QUALITY)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(_SMALLEST_QUALITY, 100)
        self.slider.setValue(_DEFAULT_QUALITY)
        self.bits = QComboBox()
        self.bits.addItems(
            [translate("SaveDialog", "8 bits a channel"), translate("SaveDialog", "16 bits a channel")]
        )
        self.bits.setCurrentIndex(int(self._deep))
        self.subsampling = QComboBox()
        for value, text in (
            (None, translate("SaveDialog", "half the resolution below quality 90")),
            (False, translate("SaveDialog", "full resolution")),
            (True, translate("SaveDialog", "half the resolution, smaller files")),
        ):
            self.subsampling.addItem(text, value)
        self.compression = QSpinBox()
        self.compression.setRange(0, 9)
        self.compression.setValue(_USUAL_COMPRESSION)
        self.compression.setToolTip(
            translate("SaveDialog", "Of PNG: larger makes smaller files and takes longer; nothing is lost.")
        )
        self.dpi = QSpinBox()
        self.dpi.setRange(0, _MOST_DPI)
        self.dpi.setSpecialValueText(translate("SaveDialog", "not stated"))
        self.dpi.setSuffix(translate("SaveDialog", " dpi"))
        self.dpi.setToolTip(
            translate("SaveDialog", "How large it is printed; the pixels stay the same. 0 leaves it out.")
        )
        self.keep_exif = QCheckBox(translate("SaveDialog", "Keep &camera data (EXIF, XMP)"))
        self.keep_exif.setChecked(True)
        self.keep_exif.setToolTip(
            translate("SaveDialog", "Camera, date and place. The colour profile is always kept.")
        )
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.setProperty("role", "error")
        for widget, said in (
            (self.quality, translate("SaveDialog", "Quality")),
            (self.browse, translate("SaveDialog", "Choose a folder and a name")),
        ):
            widget.setAccessibleName(said)

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.save = QPushButton(translate("SaveDialog", "&Save"))
        self.save.setProperty("role", "primary")
        buttons.addButton(self.save, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.M)
        grid.setColumnStretch(1, 1)
        self._labels: dict[QWidget, QLabel] = {}
        rows: list[tuple[str, QWidget, QWidget | None]] = [
            (translate("SaveDialog", "&Name"), self.name, None),
            (translate("SaveDialog", "F&older"), self.folder, self.browse),
            (translate("SaveDialog", "&Format"), self.format, None),
            (translate("SaveDialog", "&Quality"), self.slider, self.quality),
            (translate("SaveDialog", "Co&lours"), self.subsampling, None),
            (translate("SaveDialog", "Co&mpression"), self.compression, None),
            (translate("SaveDialog", "&Depth"), self.bits, None),
            (translate("SaveDialog", "&Resolution"), self.dpi, None),
        ]
        for row, (text, wide, narrow) in enumerate(rows):
            label = label_of(text, wide)
            self._labels[wide] = label
            grid.addWidget(label, row, 0)
            grid.addWidget(wide, row, 1, 1, 1 if narrow else 2)
            if narrow:
                grid.addWidget(narrow, row, 2)
        grid.addWidget(self.keep_exif, len(rows), 1, 1, 2)
        layout = column_of(self)
        layout.addLayout(grid)
        layout.addWidget(self.note)
        layout.addWidget(self.trouble)
        layout.addStretch()
        layout.addWidget(buttons)
        make_main(self.save, self)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self.quality.setValue)
        self.quality.valueChanged.connect(self.slider.setValue)
        self.browse.clicked.connect(self._browse)
        self.format.currentIndexChanged.connect(self._format_chosen)
        self.name.editingFinished.connect(self._name_given)
        for changed in (self.name.textChanged, self.folder.textChanged):
            changed.connect(self._update)

    # Reacting

    def _set_path(self, path: Path) -> None:
        self.name.setText(path.name)
        self.name.setSelection(0, len(path.stem))
        self.folder.setText(str(path.parent))

    def _format_chosen(self) -> None:
        name = self.name.text().strip()
        if name:
            self.name.setText(with_suffix(Path(name), FORMATS[self.format.currentIndex()]).name)
        self._update()

    def _name_given(self) -> None:
        """A suffix that was typed chooses the format."""
        kind = format_of_suffix(Path(self.name.text().strip()))
        if kind and kind.name in FORMATS:
            self.format.setCurrentIndex(FORMATS.index(kind.name))

    def _browse(self) -> None:
        name, _filter = QFileDialog.getSaveFileName(
            self,
            translate("SaveDialog", "Save as"),
            str(self.choice().path),
            options=QFileDialog.Option.DontConfirmOverwrite,  # it is asked once, on Save
        )
        if name:
            self._set_path(Path(name))
            self._name_given()

    def _may_write(self, path: Path) -> bool:
        if not self._taken(path):
            return True
        question = QMessageBox(self)
        question.setIcon(QMessageBox.Icon.Question)
        question.setWindowTitle(translate("SaveDialog", "Save as"))
        question.setText(translate("SaveDialog", "{name} exists already.").format(name=path.name))
        question.setInformativeText(translate("SaveDialog", "Replace it with the new picture?"))
        replace = question.addButton(
            translate("SaveDialog", "&Replace"), QMessageBox.ButtonRole.DestructiveRole
        )
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))
        question.exec()
        return question.clickedButton() is replace

    def _update(self) -> None:
        choice = self.choice()
        kind = format_for(choice.format)
        lossy = choice.format in LOSSY
        self.quality.setEnabled(lossy)
        self.slider.setEnabled(lossy)
        for field, fits in (
            (self.subsampling, choice.format == "jpeg"),
            (self.compression, choice.format == "png"),
        ):
            field.setVisible(fits)
            self._labels[field].setVisible(fits)
        self.bits.setEnabled(self._deep and kind.deep)
        self.note.setText(self._remark(choice.format, kind.deep, kind.alpha))
        self.note.setVisible(bool(self.note.text()))
        trouble = refusal(choice, self._extent)
        self.trouble.setText(trouble or "")
        self.trouble.setVisible(bool(trouble))
        self.save.setEnabled(trouble is None)

    def _remark(self, format: str, holds_deep: bool, holds_alpha: bool) -> str:
        remarks = []
        title = format_for(format).title
        if self._alpha and not holds_alpha:
            text = translate("SaveDialog", "{format} has no transparency: the picture is laid on white.")
            remarks.append(text.format(format=title))
        if self._deep and not holds_deep:
            text = translate("SaveDialog", "{format} has 8 bits a channel: the picture's 16 are rounded.")
            remarks.append(text.format(format=title))
        return " ".join(remarks)


def _described(format: str) -> str:
    return {
        "png": translate("SaveDialog", "PNG: lossless, 8 or 16 bits"),
        "jpeg": translate("SaveDialog", "JPEG: small files, for photographs"),
        "webp": translate("SaveDialog", "WebP: smaller still; lossless at quality 100"),
        "tiff": translate("SaveDialog", "TIFF: lossless, 8 or 16 bits, for print"),
        "avif": translate("SaveDialog", "AVIF: the smallest files, 8 bits"),
        "jxl": translate("SaveDialog", "JPEG XL: small files, 8 or 16 bits"),
    }[format]
