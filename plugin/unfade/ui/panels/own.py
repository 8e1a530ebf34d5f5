"""The panels of filters that have one of their own: more than :mod:`generated` makes from a filter's
options."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PyQt6.QtCore import QCoreApplication, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from unfade.filters import Recipe, Step, describe_options, find_filter, scaled_size
from unfade.filters.strokes import paints_over
from unfade.ui.commands import plain_text
from unfade.ui.document import State, marks_of
from unfade.ui.language import decimal
from unfade.ui.panels.controls import FilterPanel, Percent, label_of_option
from unfade.ui.panels.generated import GeneratedPanel
from unfade.ui.panels.painting import PaintingFields
from unfade.ui.preview.plan import Models
from unfade.ui.theme import Space
from unfade.ui.widgets import label_of, mirror, row, tool_button

translate = QCoreApplication.translate

SCALES: Final = (1.5, 2.0, 3.0, 4.0)
_LEAST, _MOST = 1.0, 4.0


class UpscalePanel(FilterPanel):
    """Changes the document's options for Upscale, and shows them."""

    filter = "upscale"
    text = "&Upscale"
    tip = "Enlarge the picture."
    keys = ("Ctrl+Shift+U",)

    @classmethod
    def texts(cls) -> list[tuple[str, str]]:
        """(context, English text) of the option that describes itself, for the translations."""
        looks = _described_looks()
        return [*super().texts(), ("Filter", label_of_option(looks["name"])), ("Filter", looks["help"])]

    def add_fields(self, actions: Mapping[str, QAction]) -> None:
        self.words.put(lambda: translate("UpscalePanel", "Enlarges up to four times."), self.about.setText)
        self._make_scales()
        self._make_size()
        self.detail = Percent(
            lambda: translate("UpscalePanel", "&Detail"),
            lambda: translate(
                "UpscalePanel", "0 is faithful to the picture, 100 invents convincing texture."
            ),
            automatic=True,
        )
        self._chosen = 0.0
        self.strength = Percent(
            lambda: translate("UpscalePanel", "Stre&ngth"),
            lambda: translate("UpscalePanel", "0 is plain enlargement, 100 the model's result."),
        )
        self.fields.addWidget(self.model)
        self.add_share("detail", self.detail)
        self.detail.left.connect(lambda: self.change("detail", None, merge=False))
        self.add_share("strength", self.strength)
        self.looks = self.add_number(_described_looks())

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        options, extent = self.options, self.document.extent
        for scale, button in self.presets.items():
            button.setChecked(scale == options.scale)
        for side, number in (("width", self.width_field), ("height", self.height_field)):
            number.blockSignals(True)
            number.setEnabled(extent is not None)
            number.setSpecialValueText("" if extent else "–")  # shown at the least value: without a picture
            if extent is None:
                number.setRange(0, 0)
            else:
                length = getattr(extent, side)
                number.setRange(round(length * _LEAST), round(length * _MOST))
                if not number.hasFocus() or number.value() != self._asked.get(side):
                    number.setValue(getattr(scaled_size(extent, options.scale), side))
            number.blockSignals(False)
        self.detail.setVisible(bool(models.both(self.filter)) and options.model is None)
        self.detail.set_auto(options.detail is None)
        self.detail.set_share(self._chosen if options.detail is None else options.detail)
        self.strength.set_share(options.strength)
        self.looks.blockSignals(True)
        self.looks.setValue(options.looks)
        self.looks.blockSignals(False)

    def show_chosen(self, chosen: Mapping[str, float]) -> None:
        """Shows what the picture made of options that were left to it."""
        self._chosen = chosen.get("detail", self._chosen)
        if self.options.detail is None:
            self.detail.set_share(self._chosen)

    def forget_chosen(self) -> None:
        """Another picture has come, which may make something else of it."""
        self._chosen = 0.0

    def choose_model(self, name: str | None) -> None:
        """Has another model do it: then there is no detail to choose, which goes back with whichever fits."""
        state = self.document.state.with_options(self.filter, model=name, detail=None)
        self.document.change(state)

    def _make_scales(self) -> None:
        group = QButtonGroup(self)
        group.setExclusive(True)
        line = QHBoxLayout()
        line.setSpacing(Space.XS)
        self.presets: dict[float, QPushButton] = {}
        for scale in SCALES:
            button = QPushButton()
            button.setCheckable(True)
            self.words.follow(functools.partial(_name_scale, button, scale))
            button.clicked.connect(lambda _checked=False, scale=scale: self.change("scale", scale))
            group.addButton(button)
            line.addWidget(button, 1)
            self.presets[scale] = button
        self.fields.addLayout(line)

    def _make_size(self) -> None:
        self._asked: dict[str, int] = {}
        self.width_field, self.height_field = QSpinBox(), QSpinBox()
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(2)
        labels: list[QLabel] = []
        for side, number, column in (("width", self.width_field, 0), ("height", self.height_field, 2)):
            number.setKeyboardTracking(False)
            number.valueChanged.connect(lambda value, side=side: self._set_side(side, value))
            labels.append(label_of("", number))
            grid.addWidget(labels[-1], 0, column)
            grid.addWidget(number, 1, column)
            grid.setColumnStretch(column, 1)
        locked = QLabel("×")
        locked.setAlignment(Qt.AlignmentFlag.AlignCenter)
        locked.setProperty("role", "muted")
        grid.addWidget(locked, 1, 1)
        self.fields.addLayout(grid)
        self.words.follow(lambda: self._name_sides(labels[0], labels[1], locked))

    def _name_sides(self, across: QLabel, down: QLabel, locked: QLabel) -> None:
        across.setText(translate("UpscalePanel", "&Width"))
        down.setText(translate("UpscalePanel", "&Height"))
        for number, label in ((self.width_field, across), (self.height_field, down)):
            named = translate("UpscalePanel", "{side} of the result in pixels")
            number.setAccessibleName(named.format(side=plain_text(label.text())))
            number.setSuffix(translate("UpscalePanel", " px"))
        locked.setToolTip(translate("UpscalePanel", "Width and height keep the picture's proportions."))

    def _set_side(self, side: str, value: int) -> None:
        extent = self.document.extent
        if extent is None:
            return
        self._asked = {side: value}
        self.change("scale", min(max(value / getattr(extent, side), _LEAST), _MOST))


def _described_looks() -> dict[str, Any]:
    return next(one for one in describe_options(find_filter("upscale")) if one["name"] == "looks")


def _name_scale(button: QPushButton, scale: float) -> None:
    button.setText(f"{decimal(scale)}×")
    button.setAccessibleName(translate("UpscalePanel", "Enlarge {scale} times").format(scale=decimal(scale)))


class DeartifactPanel(FilterPanel):
    """Changes the document's options for De-artifact, and shows them."""

    filter = "deartifact"
    text = "&De-artifact"
    tip = "Take compression artifacts away."
    keys = ("Ctrl+Shift+D",)

    def add_fields(self, actions: Mapping[str, QAction]) -> None:
        self._finds: bool | None = None
        self._goes: float | None = None
        self._told_of: State | None = None
        self.strength = Percent(
            lambda: translate("DeartifactPanel", "&Strength"),
            lambda: translate("DeartifactPanel", "0 is the picture as it was, 100 the model's result."),
        )
        self.watermark, self.overlay = QCheckBox(), QCheckBox()
        mirror(self.overlay, actions["show_mask"])
        self.blind = QLabel()
        self.blind.setWordWrap(True)
        self.blind.setProperty("role", "muted")
        self.remains = QLabel()
        self.remains.setWordWrap(True)
        self.remains.setProperty("role", "muted")
        self.offer = QWidget()
        self.seen, self.take_off = QLabel(), QPushButton()
        self.seen.setWordWrap(True)
        self._lay_out_offer()
        self.painting = PaintingFields(self.document, self.filter, actions, self.brush)
        self.fields.addWidget(self.model)
        self.add_share("strength", self.strength)
        for widget in (self.watermark, self.blind, self.remains, self.offer, self.overlay, self.painting):
            self.fields.addWidget(widget)
        self.words.follow(self._put_texts)
        self.watermark.toggled.connect(lambda on: self.change("watermark", on, merge=False))
        self.take_off.clicked.connect(lambda: self.change("watermark", True, merge=False))

    def offer_removal(self, marked: bool) -> None:
        """Shows, or no longer, that there is a watermark, with a button to take it off."""
        self.offer.setVisible(marked)

    def show_chosen(self, chosen: Mapping[str, float]) -> None:
        """Says so where a watermark that was to go is not found, or stays, until something else is set."""
        self._goes = chosen.get("watermark_goes", self._goes)
        self._told_of = self._asked_of
        self._show_remains()

    def forget_chosen(self) -> None:
        """Another picture has come, of whose marks nothing is known."""
        self._goes = None

    @property
    def _asked_of(self) -> State:
        """What is set, but for what does not change whether a mark goes."""
        return self.document.state.with_options(self.filter, strength=1.0, strokes=())

    def _show_remains(self) -> None:
        asked = self.watermark.isChecked() and not paints_over(self.options.strokes)
        self.remains.setVisible(asked and self._goes == 0)

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
        if self._told_of != self._asked_of:
            self._goes = None
        self._show_remains()
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
        self.remains.setText(
            translate(
                "DeartifactPanel",
                "No watermark was found that comes off cleanly; paint over one to have it filled in.",
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


class ColorizePanel(FilterPanel):
    """Changes the document's options for Colorize, and shows them.

    Signals:
        colour_wanted: the chosen hint is to get another colour.
    """

    filter = "colorize"
    text = "&Colorize"
    tip = "Give a black-and-white picture colour."
    keys = ("Ctrl+Shift+C",)

    colour_wanted = pyqtSignal()

    def add_fields(self, actions: Mapping[str, QAction]) -> None:
        self.saturation = Percent(
            lambda: translate("ColorizePanel", "S&aturation"),
            lambda: translate("ColorizePanel", "0 is gray, 100 the model's colours, 200 twice as much."),
            most=2.0,
        )
        self.strength = Percent(
            lambda: translate("ColorizePanel", "Stren&gth"),
            lambda: translate("ColorizePanel", "0 is the picture as it was, 100 the coloured one."),
        )
        self.warning = QLabel()
        self.warning.setWordWrap(True)
        self.warning.setProperty("role", "warning")
        self.hints = QLabel()
        self.hints.setWordWrap(True)
        self.hints.setProperty("role", "muted")
        self.colour, self.clear = QPushButton(), QPushButton()
        self.fields.addWidget(self.warning)
        self.fields.addWidget(self.model)
        self.add_share("saturation", self.saturation)
        self.add_share("strength", self.strength)
        self.fields.addLayout(row(tool_button(actions["tool_hint"]), self.colour))
        self.fields.addWidget(self.hints)
        self.fields.addLayout(row(self.clear))
        self.colour.clicked.connect(self.colour_wanted)
        self.clear.clicked.connect(self._clear)
        self.words.put(
            lambda: translate(
                "ColorizePanel", "Colours black-and-white pictures; hints tell it what you know."
            ),
            self.about.setText,
        )
        self.words.put(
            lambda: translate(
                "ColorizePanel", "This picture is in colour already; its colours would be replaced."
            ),
            self.warning.setText,
        )
        self.words.put(lambda: translate("ColorizePanel", "C&olour…"), self.colour.setText)
        self.words.put(
            lambda: translate("ColorizePanel", "Change the colour of the chosen hint."),
            self.colour.setToolTip,
        )
        self.words.put(lambda: translate("ColorizePanel", "Clear hin&ts"), self.clear.setText)

    def show_document(self, models: Models) -> None:
        """Shows what is set."""
        options = self.options
        self.warning.setVisible(self.document.coloured)
        self.saturation.set_share(options.saturation)
        self.strength.set_share(options.strength)
        self.colour.setEnabled(self.document.selected_hint is not None)
        self.clear.setEnabled(bool(options.hints))
        if not options.hints:
            text = translate(
                "ColorizePanel", "Click the picture with the tool to say what colour it is there."
            )
        else:
            text = translate("ColorizePanel", "Hints: {count}").format(count=len(options.hints))
        self.hints.setText(text)

    def _clear(self) -> None:
        self.document.select_hint(None)
        self.change("hints", (), merge=False)


class RestorePanel(GeneratedPanel):
    """Changes the document's options for Restore, and shows them and its proposal."""

    described = find_filter("restore")
    filter = "restore"
    text = "&Restore old photograph"
    tip = described.summary
    keys = ("Ctrl+Shift+R",)

    def add_fields(self, actions: Mapping[str, QAction]) -> None:
        super().add_fields(actions)
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
        """The steps that are proposed, in place of Restore and of its strength; what is marked on the picture
        stays."""
        state = self.document.state
        strength = state.options(self.filter).strength
        state = state.switched(self.filter, False)
        for step in self._proposed or ():
            name = step.filter.name
            kept = {mark: getattr(state.options(name), mark) for mark in marks_of(step.filter)}
            options = dataclasses.replace(step.options, strength=strength, **kept)
            state = state.switched(name, True).with_all(name, options)
        self.document.change(state)
