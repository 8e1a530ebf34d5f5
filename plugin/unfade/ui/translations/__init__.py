"""The window's languages: which there are, and loading one."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "zh_CN": "简体中文",
}
"""Languages by Qt's name, each as it calls itself. English is the source and needs no file."""

FOLDER = Path(__file__).parent


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
