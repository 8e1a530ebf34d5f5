"""A line above the picture that says what went wrong, and stays until it is read."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from unfade.ui.design import Space
from unfade.ui.words import Words

translate = QCoreApplication.translate


class Notice(QFrame):
    """A sentence, a button to dismiss it, and where there is something to do about it, one to do it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._do: Callable[[], None] | None = None
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.remedy, self.dismiss = QPushButton(), QPushButton()
        words = Words(self)
        words.put(lambda: translate("Notice", "Dismiss"), self.dismiss.setText)
        words.follow(self._name_remedy)
        for button in (self.remedy, self.dismiss):
            button.setProperty("role", "link")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.XS, Space.S, Space.XS)
        layout.setSpacing(Space.S)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.remedy)
        layout.addWidget(self.dismiss)
        self.remedy.clicked.connect(self._do_it)
        self.dismiss.clicked.connect(self.hide)
        self.hide()

    def show_sentence(self, sentence: str, remedy: str = "", do: Callable[[], None] | None = None) -> None:
        """Shows a sentence in place of the one that is there.

        Args:
            sentence: what happened.
            remedy: the text of a button for what can be done.
            do: what that button does.
        """
        self.text.setText(sentence)
        self.setAccessibleName(sentence)
        self._do = do
        self.remedy.setText(remedy)
        self.remedy.setVisible(do is not None)
        self.show()

    def _name_remedy(self) -> None:
        if self._do is None:  # else it goes with the sentence, which stays as it was said
            self.remedy.setText(translate("Window", "Try again"))

    def _do_it(self) -> None:
        self.hide()
        if self._do is not None:
            self._do()
