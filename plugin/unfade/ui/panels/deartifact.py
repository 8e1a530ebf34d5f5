"""De-artifact's settings: how strong, what becomes of a watermark, and painting over it."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QWidget

from unfade.ui.document import Document
from unfade.ui.panels.controls import FilterPanel, Percent
from unfade.ui.panels.painting import Brush, PaintingFields
from unfade.ui.preview.models import Models
from unfade.ui.theme import Space
from unfade.ui.widgets import mirror

translate = QCoreApplication.translate


class DeartifactPanel(FilterPanel):
    """Changes the document's options for De-artifact, and shows them."""

    filter = "deartifact"
    text = "&De-artifact"
    tip = "Take compression artifacts away."
    keys = ("Ctrl+Shift+D",)

    def __init__(
        self,
        document: Document,
        actions: Mapping[str, QAction],
        brush: Brush,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(document, actions, brush, parent)
        self._finds: bool | None = None
        self.strength = Percent(
            lambda: translate("DeartifactPanel", "&Strength"),
            lambda: translate("DeartifactPanel", "0 is the picture as it was, 100 the model's result."),
        )
        self.watermark, self.overlay = QCheckBox(), QCheckBox()
        mirror(self.overlay, actions["show_mask"])
        self.blind = QLabel()
        self.blind.setWordWrap(True)
        self.blind.setProperty("role", "muted")
        self.offer = QWidget()
        self.seen, self.take_off = QLabel(), QPushButton()
        self.seen.setWordWrap(True)
        self._lay_out_offer()
        self.painting = PaintingFields(document, self.filter, actions, brush)
        self.fields.addWidget(self.model)
        self.add_share("strength", self.strength)
        for widget in (self.watermark, self.blind, self.offer, self.overlay, self.painting):
            self.fields.addWidget(widget)
        self.words.follow(self._put_texts)
        self.watermark.toggled.connect(lambda on: self.change("watermark", on, merge=False))
        self.take_off.clicked.connect(lambda: self.change("watermark", True, merge=False))

    def offer_removal(self, marked: bool) -> None:
        """Shows, or no longer, that there is a watermark, with a button to take it off."""
        self.offer.setVisible(marked)

    def show_document(self, models: Models) -> None:
        """Shows what is set, and what of it the model can do."""
        options = self.options
        self._finds = models.finds_mask(self.filter, options.model)
        self.strength.set_share(options.strength)
        self.watermark.blockSignals(True)
        self.watermark.setChecked(options.watermark and self._finds is not False)
        self.watermark.blockSignals(False)
        self.watermark.setEnabled(self._finds is not False)
        self.blind.setVisible(self._finds is False)
        self._put_texts()

    def _put_texts(self) -> None:
        finds = self._finds is not False
        self.about.setText(
            translate("DeartifactPanel", "Takes compression artifacts away, and text watermarks if you wish.")
            if self._finds
            else translate("DeartifactPanel", "Takes compression artifacts away.")
        )
        self.seen.setText(translate("DeartifactPanel", "A watermark seems to be here."))
        self.take_off.setText(translate("DeartifactPanel", "Take it &off"))
        self.watermark.setText(translate("DeartifactPanel", "&Remove text watermarks"))
        self.blind.setText(
            translate(
                "DeartifactPanel",
                "This model does not find watermarks; paint over one to have it filled in.",
            )
        )
        self.overlay.setText(
            translate("DeartifactPanel", "S&how where they were found")
            if finds
            else translate("DeartifactPanel", "S&how what is painted over")
        )

    def _lay_out_offer(self) -> None:
        line = QHBoxLayout(self.offer)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(self.seen, 1)
        line.addWidget(self.take_off)
        self.offer.hide()
