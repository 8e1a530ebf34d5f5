"""What every dialog and panel owes to keyboards and screen readers."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QWidget,
)

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QProgressBar,
)


def controls_of(widget: QWidget) -> list[QWidget]:
    """The controls in a widget that are its own, not parts of other controls."""
    return [
        control
        for control in widget.findChildren(QWidget)
        if isinstance(control, CONTROLS)
        and not control.objectName().startswith("qt_")
        and not _is_part(control, widget)
    ]


def _is_part(control: QWidget, top: QWidget) -> bool:
    if isinstance(control, QScrollBar):
        return True
    inside = control.parentWidget()
    while inside is not None and inside is not top:
        if isinstance(inside, (QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView)):
            return True
        inside = inside.parentWidget()
    return False


def nameless(widget: QWidget) -> list[str]:
    """Controls for which a screen reader has no name: none given, no text, no label that points to them."""
    labelled = {label.buddy() for label in widget.findChildren(QLabel)}
    return [
        f"{type(control).__name__} {control.objectName() or control.toolTip()}"
        for control in controls_of(widget)
        if not control.accessibleName()
        and control not in labelled
        and not (isinstance(control, QAbstractButton) and control.text())
    ]


def unreachable(widget: QWidget) -> list[str]:
    """Controls to be operated that the Tab key does not come to."""
    operated = [c for c in controls_of(widget) if not isinstance(c, QProgressBar) and c.isEnabledTo(widget)]
    return [
        f"{type(c).__name__} {c.accessibleName()}"
        for c in operated
        if not c.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
