"""The panel of a filter that needs none of its own: made from what its options say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QSpinBox, QWidget

from unfade.filters import Filter, describe_options
from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterPanel, Percent
from unfade.ui.preview.models import Models
from unfade.ui.theme import Space
from unfade.ui.widgets import label_of

translate = QCoreApplication.translate

_MOST_SHARE = 2.0  # numbers from 0 to at most this are shown in percent
_STEPS = 20
_LETTERS_TAKEN = frozenset("acdhklmpstu")  # by the Filter menu's other entries
_MOST_KEYS = 9


def panels_for(filters: Iterable[Filter]) -> dict[str, type[FilterPanel]]:
    """A panel class for each of the filters, by name; their commands get mnemonics and keys that are free."""
    panels: dict[str, type[FilterPanel]] = {}
    taken = set(_LETTERS_TAKEN)
    for number, filter in enumerate(filters, 1):
        letter = next((one for one in filter.title if one.isalpha() and one.lower() not in taken), "")
        taken.add(letter.lower())
        texts = {
            "filter": filter.name,
            "text": filter.title.replace(letter, f"&{letter}", 1) if letter else filter.title,
            "tip": filter.summary,
            "keys": (f"Ctrl+Alt+{number}",) if number <= _MOST_KEYS else (),
            "described": filter,
        }
        panels[filter.name] = type(f"{filter.name.title()}Panel", (GeneratedPanel,), texts)
    return panels


class GeneratedPanel(FilterPanel):
    """A slider for a share, a field for another number, a box for yes or no.

    Text, such as a model's name, and marks on the picture have no place in it. A filter that wants a
    mnemonic or keys of its own has a subclass with ``described``, ``filter``, ``text``, ``tip`` and ``keys``.
    """

    described: ClassVar[Filter]

    @classmethod
    def texts(cls) -> list[tuple[str, str]]:
        """(context, English text) of what it shows beside its command, for the translations."""
        shown = [one for one in describe_options(cls.described) if _is_shown(one)]
        texts = [cls.described.summary, *(text for one in shown for text in (_label_of(one), one["help"]))]
        return [("Filter", text) for text in texts]

    def __init__(
        self, document: Document, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(document, actions, parent)
        summary = self.described.summary
        self.words.put(lambda: translate("Filter", summary), self.about.setText)
        self.fields.addWidget(self.model)
        self.model.hide()
        self.controls: dict[str, Percent | QCheckBox | QSpinBox | QDoubleSpinBox] = {}
        for one in describe_options(self.described):
            if _is_shown(one):
                self._add(one)

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        for name, control in self.controls.items():
            value = getattr(self.options, name)
            control.blockSignals(True)
            if isinstance(control, Percent):
                control.set_share(value or 0.0)
            elif isinstance(control, QCheckBox):
                control.setChecked(value)
            elif isinstance(control, QSpinBox):
                control.setValue(value or 0)
            else:
                control.setValue(value or 0.0)
            control.blockSignals(False)

    def _add(self, one: dict[str, Any]) -> None:
        name: str = one["name"]

        def text() -> str:
            return translate("Filter", _label_of(one))

        def tip() -> str:
            return translate("Filter", one["help"])

        if one["type"] == "bool":
            box = self.controls[name] = QCheckBox()
            self.words.put(text, box.setText)
            self.words.put(tip, box.setToolTip)
            box.toggled.connect(lambda on: self.change(name, on, merge=False))
            self.fields.addWidget(box)
        elif one["type"] == "float" and one["low"] == 0 and one["high"] <= _MOST_SHARE:
            share = self.controls[name] = Percent(text, tip, most=one["high"])
            self.add_share(name, share)
        else:
            number: QSpinBox | QDoubleSpinBox
            if one["type"] == "int":
                number = QSpinBox()
                number.setRange(round(one["low"]), round(one["high"]))
            else:
                number = QDoubleSpinBox()
                number.setRange(one["low"], one["high"])
                number.setSingleStep((one["high"] - one["low"]) / _STEPS)
            self.controls[name] = number
            number.setKeyboardTracking(False)
            label = label_of("", number)
            self.words.put(text, label.setText)
            self.words.put(tip, number.setToolTip, label.setToolTip)
            number.valueChanged.connect(lambda value: self.change(name, value))
            line = QHBoxLayout()
            line.setSpacing(Space.S)
            line.addWidget(label, 1)
            line.addWidget(number)
            self.fields.addLayout(line)


def _is_shown(one: Mapping[str, Any]) -> bool:
    return one["type"] == "bool" or (one["type"] in ("int", "float") and one["high"] is not None)


def _label_of(one: Mapping[str, Any]) -> str:
    return str(one["name"]).replace("_", " ").capitalize()
