"""The user's language: which there are, texts on the screen that follow it, numbers and times as it writes
them, and failures as one sentence in it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QObject, QTranslator
from PyQt6.QtWidgets import QWidget

from unfade.errors import UnfadeError
from unfade.log import log_file
from unfade.service.client import EngineError

translate = QCoreApplication.translate

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "zh_CN": "简体中文",
}
"""Languages by Qt's name, each as it calls itself. English is the source and needs no file."""

FOLDER = Path(__file__).parent / "translations"

_SHORTEST = QLocale.FloatingPointPrecisionOption.FloatingPointShortest.value


def language_for(chosen: str, system: QLocale) -> str:
    """The key of :data:`LANGUAGES` to use: the chosen one, else the first the system's user reads."""
    if chosen in LANGUAGES:
        return chosen
    traditional = False
    for wanted in system.uiLanguages():  # "zh-Hant-TW", "zh-TW", "zh-Hant", "zh"; "de-Latn-AT", "de-AT", "de"
        language, *rest = wanted.replace("_", "-").split("-")
        traditional |= bool({"Hant", "TW", "HK", "MO"} & set(rest))
        if language == "zh" and not traditional:
            return "zh_CN"
        if language in LANGUAGES:
            return language
    return "en"


def install_language(app: QCoreApplication, chosen: str) -> str:
    """Has the application speak a language from now on, and write numbers as it does.

    Args:
        app: the application.
        chosen: a key of :data:`LANGUAGES`, or "" for the system's.

    Returns:
        The language it speaks.
    """
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    system = QLocale.system()
    language = language_for(chosen, system)
    spoken = QLocale(language)
    # Somebody in Austria or Mexico has numbers of their own.
    QLocale.setDefault(system if system.language() == spoken.language() else spoken)
    if language == "en":
        return language
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    # Qt's own first: of two translators the one installed last is asked first.
    for name, folder in ((f"qtbase_{language}", qt_folder), (f"unfade_{language}", str(FOLDER))):
        translator = QTranslator(app)
        if translator.load(name, folder):
            app.installTranslator(translator)
    return language


def translations_of(context: str, text: str) -> dict[str, str]:
    """A text in the languages of :data:`LANGUAGES` that have a translation of it; needs no application."""
    found = {}
    for language in LANGUAGES:
        translator = QTranslator()
        if translator.load(f"unfade_{language}", str(FOLDER)) and (
            said := translator.translate(context, text)
        ):
            found[language] = said
    return found


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
        """Calls a function that sets texts now, and again after every change of language."""
        self._said.append(say)
        say()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Puts the texts anew when the language has changed."""
        if event is not None and event.type() == QEvent.Type.LanguageChange:
            for say in self._said:
                say()
        return super().eventFilter(watched, event)


def _put(setter: Callable[[str], object], text: Callable[[], str]) -> None:
    setter(text())


def decimal(value: float, digits: int = 3) -> str:
    """A number rounded to so many digits, but not before its point: "1.5" or "1,5", "6400"."""
    places = max(0, digits - len(str(int(abs(value)))))
    return _locale().toString(float(round(value, places)), "f", _SHORTEST)


def fixed(value: float, places: int) -> str:
    """A number with that many places behind the point: "0.5" or "0,5", "2.0"."""
    return _locale().toString(value, "f", places)


def time_left(seconds: float) -> str:
    """The time left in words, no more exact than it is known."""
    if seconds < 60:
        return translate("Queue", "less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("Queue", "about {minutes} min left").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    return translate("Queue", "about {hours} h {minutes} min left").format(hours=hours, minutes=minutes)


def _locale() -> QLocale:
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale


_log = logging.getLogger(__name__)


def explain(error: BaseException, about: str) -> str:
    """The sentence to show for a failure, which is noted in the log.

    Errors that are sentences already are about a file, a model or an option that only they name, and stay as
    they are.

    Args:
        error: what was raised.
        about: what was worked on: a file's name, or what the picture is called.
    """
    if isinstance(error, UnfadeError | EngineError):
        _log.warning("%s: %s %s", about, error, getattr(error, "details", ""))
        return _of_engine(error) if isinstance(error, EngineError) else str(error)
    _log.error("%s: unexpected failure", about, exc_info=error)
    if isinstance(error, MemoryError):
        text = translate("Failure", "There is not enough memory for {name}; close other programs.")
        return text.format(name=about)
    text = translate(
        "Failure", "Something went wrong with {name} that Unfade did not foresee ({kind}); {log} tells more."
    )
    return text.format(name=about, kind=type(error).__name__, log=log_file())


def _of_engine(error: EngineError) -> str:
    """Kinds that say all there is to say are translated."""
    if error.kind == "died":
        return translate(
            "Engine",
            "Unfade's engine stopped unexpectedly; try again, with a smaller picture if memory is short.",
        )
    if error.kind == "timeout":
        return translate("Engine", "Unfade's engine gave no sign of life, so it was stopped; try again.")
    if error.kind == "memory":
        return translate(
            "Engine", "There is not enough memory for this picture; close other programs and try again."
        )
    return str(error)
