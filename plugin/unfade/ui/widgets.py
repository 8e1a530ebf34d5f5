"""Small things that several dialogs and panels are made of."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from unfade.ui.theme import Space

_NUMBER_WIDTH, _WIDEST = 76, "−100\u202f%"  # device-independent pixels; and what goes into them
_ARROWS = 29  # with padding and frame


def label_of(text: str, field: QWidget) -> QLabel:
    """A label whose mnemonic goes to the field, and which is the field's accessible name."""
    label = QLabel(text)
    label.setBuddy(field)
    return label


def column_of(dialog: QDialog) -> QVBoxLayout:
    """A dialog's layout: one thing below the other, with the distances all dialogs have."""
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
    layout.setSpacing(Space.M)
    return layout


def make_main(main: QPushButton | None, dialog: QDialog) -> None:
    """Has Enter press a dialog's main button, wherever the focus is but on another button of its last row."""
    row = dialog.findChild(QDialogButtonBox)
    last = row.buttons() if row is not None else []
    for button in dialog.findChildren(QPushButton):
        button.setAutoDefault(button in last)
    if main is not None:
        main.setDefault(True)


def button_of(action: QAction, role: str = "") -> QPushButton:
    """A push button for an action: its short text, its tool tip, enabled when it is."""
    button = QPushButton()
    button.setProperty("role", role)
    button.clicked.connect(action.trigger)
    bind(button, action, short=True)
    return button


def bind(button: QAbstractButton, action: QAction, *, short: bool = False) -> None:
    """Makes a button show an action: its text or its short one, its tool tip, enabled when it is."""

    def show() -> None:
        button.setText(action.iconText() if short else action.text())
        button.setToolTip(action.toolTip())
        button.setEnabled(action.isEnabled())

    action.changed.connect(show)
    show()


def mirror(box: QCheckBox, action: QAction) -> None:
    """Makes a box and an action one switch, with the action's tool tip; the box keeps its own text."""
    box.setChecked(action.isChecked())
    box.setToolTip(action.toolTip())
    action.changed.connect(lambda: box.setToolTip(action.toolTip()))
    box.toggled.connect(action.setChecked)
    action.toggled.connect(box.setChecked)


def stand_beside(number: QSpinBox) -> None:
    """Makes a number's field as narrow as all that stand beside a slider; a large font needs more."""
    number.setFixedWidth(max(_NUMBER_WIDTH, number.fontMetrics().horizontalAdvance(_WIDEST) + _ARROWS))
    number.setAlignment(Qt.AlignmentFlag.AlignRight)


def restyle(widget: QWidget, role: str) -> None:
    """Gives the widget another role of the style sheet (see ``theme.qss``)."""
    widget.setProperty("role", role)
    style = widget.style()
    assert style is not None
    style.unpolish(widget)
    style.polish(widget)


def row(*widgets: QWidget) -> QHBoxLayout:
    """Widgets side by side, from the left."""
    layout = QHBoxLayout()
    layout.setSpacing(Space.S)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch()
    return layout


def tool_button(action: QAction | None = None) -> QToolButton:
    """A button for a tool or a command, reached with the Tab key; without an action it is bound later."""
    button = QToolButton()
    if action is not None:
        button.setDefaultAction(action)
    button.setProperty("role", "tool")
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    return button
