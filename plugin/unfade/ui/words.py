"""Texts that follow the application's language while they are on the screen."""

from __future__ import annotations

import functools
from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QWidget


class Words(QObject):
    """The texts of a widget, and of what it holds: put now, and anew whenever the language has changed."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._said: list[Callable[[], object]] = []
        owner.installEventFilter(self)

    def put(self, text: Callable[[], str], *into: Callable[[str], object]) -> None:
        """Has ``text`` translate, and puts what it gives into each of the setters."""
        for setter in into:
            self.follow(functools.partial(_put, setter, text))

    def follow(self, say: Callable[[], object]) -> None:
        """Calls a function that puts texts, and again with every language, in the order they came in."""
        self._said.append(say)
        say()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Hears of another language."""
        if event is not None and event.type() == QEvent.Type.LanguageChange:
            for say in self._said:
                say()
        return super().eventFilter(watched, event)


def _put(setter: Callable[[str], object], text: Callable[[], str]) -> None:
    setter(text())
