"""What the panels are made of: a filter's frame with its switch, and a slider with its number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unfade.ui.commands import Command, Menu, plain_text
from unfade.ui.document import Document
from unfade.ui.language import Words
from unfade.ui.panels.painting import Brush
from unfade.ui.preview.plan import Models, Named
from unfade.ui.theme import Space
from unfade.ui.widgets import bind, label_of, mirror, restyle, stand_beside

translate = QCoreApplication.translate

_STEPS = 20  # of a number's range


class Percent(QWidget):
    """A share as a slider and a number of percent, under its label.

    With ``automatic`` a button leaves the share to the picture, until it is moved or typed.

    Signals:
        changed: the share, as it moves.
        left: the share is left to the picture.
        settled: the slider was let go.
    """

    changed = pyqtSignal(float)
    left = pyqtSignal()
    settled = pyqtSignal()

    def __init__(
        self,
        text: Callable[[], str],
        tip: Callable[[], str],
        most: float = 1.0,
        parent: QWidget | None = None,
        *,
        least: float = 0.0,
        automatic: bool = False,
    ) -> None:
        """``text`` and ``tip`` translate; they are called again when the language changes."""
        super().__init__(parent)
        words = Words(self)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(100 * least), round(100 * most))
        self.slider.setPageStep(10)
        self.number = QSpinBox()
        self.number.setRange(round(100 * least), round(100 * most))
        self.number.setSuffix("\u202f%")
        stand_beside(self.number)
        self.number.setKeyboardTracking(False)
        label = label_of("", self.number)
        words.put(text, label.setText)
        words.put(lambda: plain_text(text()), self.slider.setAccessibleName, self.number.setAccessibleName)
        words.put(tip, self.slider.setToolTip, self.number.setToolTip, label.setToolTip)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(0)
        grid.addWidget(label, 0, 0)
        self.auto = QToolButton()
        self.auto.setCheckable(True)
        self.auto.setVisible(automatic)
        if automatic:
            self.auto.setProperty("role", "tool")
            self.auto.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            words.put(lambda: translate("Percent", "Auto"), self.auto.setText)
            words.put(lambda: translate("Percent", "Leave it to the picture."), self.auto.setToolTip)
            grid.addWidget(self.auto, 0, 1)
            self.auto.clicked.connect(self._leave)
        grid.addWidget(self.slider, 1, 0)
        grid.addWidget(self.number, 1, 1)
        self.slider.valueChanged.connect(self._moved)
        self.slider.sliderReleased.connect(self.settled)
        self.number.valueChanged.connect(self.slider.setValue)

    def set_share(self, share: float) -> None:
        """Shows a share without telling of it."""
        for widget in (self.slider, self.number):
            widget.blockSignals(True)
            widget.setValue(round(100 * share))
            widget.blockSignals(False)

    def set_auto(self, auto: bool) -> None:
        """Shows whether the share is left to the picture, without telling of it."""
        self.auto.setChecked(auto)

    def _leave(self, auto: bool) -> None:
        if auto:
            self.left.emit()
        else:
            self.changed.emit(self.slider.value() / 100)

    def _moved(self, percent: int) -> None:
        self.number.blockSignals(True)
        self.number.setValue(percent)
        self.number.blockSignals(False)
        self.changed.emit(percent / 100)


class ModelChoice(QWidget):
    """A list of a filter's models, the usual one first; hidden where there is nothing to choose.

    Signals:
        chosen: a model's name; None for whichever fits.
    """

    chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QComboBox()
        self.list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.list.setMinimumContentsLength(12)
        self._shown: tuple[Named, ...] = ()
        self._value: str | None = None
        self._words = Words(self)
        label = label_of("", self.list)
        self._words.put(lambda: translate("ModelChoice", "Model"), label.setText)
        self._words.put(
            lambda: translate("ModelChoice", "Which network does it: your own, or one that is shipped."),
            self.list.setToolTip,
            label.setToolTip,
        )
        self._words.follow(self._fill)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(label)
        line.addWidget(self.list, 1)
        self.list.activated.connect(lambda at: self.chosen.emit(self.list.itemData(at)))

    def show_models(self, models: tuple[Named, ...], value: str | None) -> None:
        """Shows which there are, and which is chosen: by its name, its file, or None."""
        if (models, value) != (self._shown, self._value):
            self._shown, self._value = models, value
            self._fill()
        self.setVisible(len(models) > 1 or value is not None)

    def _fill(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItem(translate("ModelChoice", "Whichever fits"), None)
        for one in self._shown:
            self.list.addItem(one.title, one.name)
            self.list.setItemData(self.list.count() - 1, one.name, Qt.ItemDataRole.ToolTipRole)
        at = next((n for n, one in enumerate(self._shown, 1) if self._value in (one.name, one.path)), 0)
        if self._value is not None and not at:
            self.list.addItem(Path(self._value).name, self._value)
            at = self.list.count() - 1
        self.list.setCurrentIndex(at)
        self.list.blockSignals(False)


class FilterPanel(QFrame):
    """A filter's switch, with a line on what it does, and its settings while it is on.

    Attributes:
        filter: the filter's name.
        text, tip, keys: of the command that switches it on and off, as :class:`Command` has them.
    """

    filter: ClassVar[str]
    text: ClassVar[str]
    tip: ClassVar[str]
    keys: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        document: Document,
        actions: Mapping[str, QAction],
        brush: Brush,
        parent: QWidget | None = None,
    ) -> None:
        """``brush`` is what all panels paint with."""
        super().__init__(parent)
        self.document, self.brush = document, brush
        action = actions[self.filter]
        self.setObjectName("filter")
        self.words = Words(self)
        self.switch = QCheckBox()
        bind(self.switch, action)
        mirror(self.switch, action)
        font = self.switch.font()
        font.setBold(True)
        self.switch.setFont(font)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setProperty("role", "muted")
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.hide()
        self.body = QWidget()
        self.fields = QVBoxLayout(self.body)
        self.fields.setContentsMargins(0, Space.S, 0, 0)
        self.fields.setSpacing(Space.M)
        self.model = ModelChoice()
        self.model.chosen.connect(self.choose_model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        layout.setSpacing(Space.XS)
        for widget in (self.switch, self.about, self.note, self.body):
            layout.addWidget(widget)
        action.toggled.connect(self.body.setVisible)
        self.body.setVisible(action.isChecked())
        self.add_fields(actions)

    def add_fields(self, actions: Mapping[str, QAction]) -> None:
        """Makes what is below the filter's name: the fields of its options, of all commands of the window."""
        raise NotImplementedError

    @classmethod
    def command(cls, place: int) -> Command:
        """The command that switches the filter, at its place among the others."""
        return Command(
            cls.filter,
            (Menu.FILTER, 1, place),
            cls.text,
            cls.tip,
            cls.keys,
            checkable=True,
            checked=lambda panel: panel.on,
        )

    @classmethod
    def texts(cls) -> list[tuple[str, str]]:
        """(context, English text) of what cannot be read in the code, for the translations."""
        return []

    @property
    def options(self) -> Any:
        """The filter's options as they are set now."""
        return self.document.state.options(self.filter)

    @property
    def on(self) -> bool:
        """Whether the filter is on."""
        return self.filter in self.document.state.enabled

    def switch_on(self, on: bool) -> None:
        """Switches the filter on or off."""
        self.document.change(self.document.state.switched(self.filter, on))

    def change(self, name: str, value: object, *, merge: bool = True) -> None:
        """Sets an option; with ``merge`` what a slider does in one go is one step to undo."""
        changed = self.document.state.with_options(self.filter, **{name: value})
        self.document.change(changed, merge=f"{self.filter} {name}" if merge else None)

    def choose_model(self, name: str | None) -> None:
        """Has another model do it; None for whichever fits."""
        self.change("model", name, merge=False)

    def show_models(self, models: Models) -> None:
        """Shows which models there are, for a filter that can be told which."""
        if hasattr(self.options, "model"):
            self.model.show_models(models.named.get(self.filter, ()), self.options.model)

    def add_share(self, name: str, field: Percent) -> None:
        """Adds a slider that sets an option."""
        self.fields.addWidget(field)
        field.changed.connect(lambda share: self.change(name, share))
        field.settled.connect(self.document.settle)

    def add_number(self, one: Mapping[str, Any]) -> QSpinBox | QDoubleSpinBox:
        """Adds a field that sets an option of a number, from what it says of itself."""
        name = one["name"]
        number: QSpinBox | QDoubleSpinBox
        if one["type"] == "int":
            number = QSpinBox()
            number.setRange(round(one["low"]), round(one["high"]))
        else:
            number = QDoubleSpinBox()
            number.setRange(one["low"], one["high"])
            number.setSingleStep((one["high"] - one["low"]) / _STEPS)
        number.setKeyboardTracking(False)
        label = label_of("", number)
        self.words.put(lambda: translate("Filter", label_of_option(name)), label.setText)
        self.words.put(lambda: translate("Filter", one["help"]), number.setToolTip, label.setToolTip)
        number.valueChanged.connect(lambda value: self.change(name, value))
        line = QHBoxLayout()
        line.setSpacing(Space.S)
        line.addWidget(label, 1)
        line.addWidget(number)
        self.fields.addLayout(line)
        return number

    def show_document(self, models: Models) -> None:
        """Shows what is set, and what of it the models can do."""
        raise NotImplementedError

    def show_chosen(self, chosen: Mapping[str, float]) -> None:
        """Shows what the picture made of options that were left to it, by their names."""

    def forget_chosen(self) -> None:
        """Another picture has come, which may make something else of them."""

    def set_note(self, text: str | None) -> None:
        """Says what is in the way of this filter; None for nothing. It matters more while it is on."""
        restyle(self.note, "error" if self.switch.isChecked() else "muted")
        self.note.setText(text or "")
        self.note.setVisible(bool(text))


def label_of_option(name: str) -> str:
    """The English label of an option."""
    return name.replace("_", " ").capitalize()
