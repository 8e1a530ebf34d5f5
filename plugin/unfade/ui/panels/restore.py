"""Restore's settings: what to look for, and what is proposed for the picture, to be turned into steps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from unfade.filters import Recipe, Step, find_filter
from unfade.ui.document import Document, marks_of
from unfade.ui.language import decimal
from unfade.ui.panels.generated import GeneratedPanel, label_of_option
from unfade.ui.panels.painting import Brush
from unfade.ui.preview.models import Models
from unfade.ui.widgets import row

translate = QCoreApplication.translate


class RestorePanel(GeneratedPanel):
    """Changes the document's options for Restore, and shows them and its proposal."""

    described = find_filter("restore")
    filter = "restore"
    text = "&Restore old photograph"
    tip = described.summary
    keys = ("Ctrl+Shift+R",)

    def __init__(
        self,
        document: Document,
        actions: Mapping[str, QAction],
        brush: Brush,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, actions, brush, parent)
        self._actions = actions
        self._proposed: tuple[Step, ...] | None = None
        self.proposal = QLabel()
        self.proposal.setWordWrap(True)
        self.adopt = QPushButton()
        self.fields.addWidget(self.proposal)
        self.fields.addLayout(row(self.adopt))
        self.adopt.clicked.connect(self._adopt)
        self.words.put(lambda: translate("RestorePanel", "&Turn into steps"), self.adopt.setText)
        self.words.put(
            lambda: translate(
                "RestorePanel", "Switch on what is proposed, to be changed, and saved as a recipe."
            ),
            self.adopt.setToolTip,
        )
        self.words.follow(self._put_proposal)

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        super().show_document(models)
        self.proposal.setVisible(self.document.picture is not None)

    def show_proposed(self, steps: Sequence[Mapping[str, Any]] | None) -> None:
        """Shows what is proposed for the picture, as recipes have it; None while that is not known."""
        self._proposed = None
        if steps is not None:
            self._proposed = Recipe.from_json({"steps": list(steps)}).steps if steps else ()
        self._put_proposal()

    def _put_proposal(self) -> None:
        if self._proposed is None:
            text = translate("RestorePanel", "Looking at the picture…")
        elif not self._proposed:
            text = translate("RestorePanel", "Nothing was found that needs doing.")
        else:
            text = translate("RestorePanel", "Proposed: {steps}")
            text = text.format(steps=", ".join(self._told(step) for step in self._proposed))
        self.proposal.setText(text)
        self.adopt.setEnabled(bool(self._proposed))

    def _told(self, step: Step) -> str:
        """A step in words: "Denoise (Grain 20 %)"."""
        options = [
            f"{translate('Filter', label_of_option(name))} {decimal(100 * value)}\u202f%"
            for name, value in step.to_json()["options"].items()
            if isinstance(value, float)
        ]
        title = self._actions[step.filter.name].iconText()
        return f"{title} ({', '.join(options)})" if options else title

    def _adopt(self) -> None:
        """The steps that are proposed, in place of Restore; what is marked on the picture stays."""
        state = self.document.state.switched(self.filter, False)
        for step in self._proposed or ():
            name = step.filter.name
            marks = {mark: getattr(state.options(name), mark) for mark in marks_of(step.filter)}
            state = state.switched(name, True).with_all(name, dataclasses.replace(step.options, **marks))
        self.document.change(state)
