"""The panel of a filter that needs none of its own: made from what its options say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox, QDoubleSpinBox, QSpinBox

from unfade.filters import Filter, describe_options
from unfade.ui.panels.controls import FilterPanel, Percent, label_of_option
from unfade.ui.panels.painting import PaintingFields
from unfade.ui.preview.plan import Models
from unfade.ui.widgets import mirror

translate = QCoreApplication.translate

_MOST_SHARE = 2.0  # numbers from 0, or -1, to at most this are shown in percent
_LETTERS_TAKEN = frozenset("acdhklmprstu")  # by the Filter menu's other entries
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
    """A slider for a share, a field for another number, a box for yes or no; a brush for a filter that takes
    strokes, and a box that shows what it found for one that finds something.

    A share that may be left out is left to the picture by a button, and shows what the picture made of it.
    Text, such as a model's name, and other marks on the picture have no place in it. A filter that wants a
    mnemonic or keys of its own has a subclass with ``described``, ``filter``, ``text``, ``tip`` and ``keys``.
    """

    described: ClassVar[Filter]

    @classmethod
    def texts(cls) -> list[tuple[str, str]]:
        """(context, English text) of what it shows beside its command, for the translations."""
        shown = [one for one in describe_options(cls.described) if _is_shown(one)]
        texts = [
            cls.described.summary,
            *(text for one in shown for text in (label_of_option(one["name"]), one["help"])),
        ]
        if cls.described.mask is not None:
            texts.append(f"Show {cls.described.mask}")
        return [("Filter", text) for text in texts]

    def add_fields(self, actions: Mapping[str, QAction]) -> None:
        summary = self.described.summary
        self.words.put(lambda: translate("Filter", summary), self.about.setText)
        self.fields.addWidget(self.model)
        self.model.hide()
        self.controls: dict[str, Percent | QCheckBox | QSpinBox | QDoubleSpinBox] = {}
        self._chosen: dict[str, float] = {}
        for one in describe_options(self.described):
            if _is_shown(one):
                self._add(one)
        mask = self.described.mask
        if mask is not None:
            overlay = QCheckBox()
            mirror(overlay, actions["show_mask"])
            self.words.put(lambda: translate("Filter", f"Show {mask}"), overlay.setText)
            self.fields.addWidget(overlay)
        if hasattr(self.options, "strokes"):
            self.fields.addWidget(PaintingFields(self.document, self.filter, actions, self.brush))

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        for name, control in self.controls.items():
            value = getattr(self.options, name)
            control.blockSignals(True)
            if isinstance(control, Percent):
                control.set_auto(value is None)
                control.set_share(self._chosen.get(name, 0.0) if value is None else value)
            elif isinstance(control, QCheckBox):
                control.setChecked(value)
            elif isinstance(control, QSpinBox):
                control.setValue(value or 0)
            else:
                control.setValue(value or 0.0)
            control.blockSignals(False)

    def show_chosen(self, chosen: Mapping[str, float]) -> None:
        """Shows what the picture made of options that were left to it, by their names."""
        self._chosen.update(chosen)
        for name in chosen.keys() & self.controls.keys():
            control = self.controls[name]
            if isinstance(control, Percent) and getattr(self.options, name) is None:
                control.set_share(chosen[name])

    def forget_chosen(self) -> None:
        """Another picture has come, which may make something else of them."""
        self._chosen.clear()

    def _add(self, one: dict[str, Any]) -> None:
        name: str = one["name"]

        def text() -> str:
            return translate("Filter", label_of_option(name))

        def tip() -> str:
            return translate("Filter", one["help"])

        if one["type"] == "bool":
            box = self.controls[name] = QCheckBox()
            self.words.put(text, box.setText)
            self.words.put(tip, box.setToolTip)
            box.toggled.connect(lambda on: self.change(name, on, merge=False))
            self.fields.addWidget(box)
        elif _is_share(one):
            share = Percent(text, tip, most=one["high"], least=one["low"], automatic=one["optional"])
            self.controls[name] = share
            self.add_share(name, share)
            share.left.connect(lambda: self.change(name, None, merge=False))
        else:
            self.controls[name] = self.add_number(one)


def _is_shown(one: Mapping[str, Any]) -> bool:
    return one["type"] == "bool" or (one["type"] in ("int", "float") and one["high"] is not None)


def _is_share(one: Mapping[str, Any]) -> bool:
    return bool(one["type"] == "float" and one["low"] in (0, -1) and one["high"] <= _MOST_SHARE)
