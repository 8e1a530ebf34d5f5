"""Numbers as the user's language writes them, without separators of thousands."""

from __future__ import annotations

from PyQt6.QtCore import QLocale

_SHORTEST = QLocale.FloatingPointPrecisionOption.FloatingPointShortest.value


def decimal(value: float, digits: int = 3) -> str:
    """A number rounded to so many digits, but not before its point: "1.5" or "1,5", "6400"."""
    places = max(0, digits - len(str(int(abs(value)))))
    return _locale().toString(float(round(value, places)), "f", _SHORTEST)


def fixed(value: float, places: int) -> str:
    """A number with that many places behind the point: "0.5" or "0,5", "2.0"."""
    return _locale().toString(value, "f", places)


def _locale() -> QLocale:
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale
