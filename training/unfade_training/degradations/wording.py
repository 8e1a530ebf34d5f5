"""What is written on pictures: names, sites, notices, numbers and dates."""

from __future__ import annotations

import numpy as np

from .draws import choose, integer

# fmt: off
SYLLABLES = (
    "al", "an", "ar", "be", "ca", "da", "de", "el", "er", "fa", "go", "ha", "in", "jo", "ka", "ki", "la",
    "le", "lo", "ma", "mi", "mo", "na", "ne", "no", "or", "pa", "pe", "ra", "ri", "ro", "sa", "se", "so",
    "ta", "te", "to", "va", "vi", "wa", "yo",
)
# No script that needs shaping (Arabic, Thai): Pillow does it only where libraqm is installed.
NOTICES = (
    "SAMPLE", "Sample", "PREVIEW", "PROOF", "DO NOT COPY", "COPYRIGHT", "Copyright", "WATERMARK", "Stock",
    "DEMO", "DRAFT", "For preview only", "NOT FOR SALE", "Trial version", "All rights reserved",
    "CONFIDENTIAL", "ОБРАЗЕЦ", "Фото", "ΔΕΙΓΜΑ", "MUESTRA", "MUSTER", "Échantillon", "見本", "样本", "写真",
)
# fmt: on
TRADES = (
    "Photography",
    "photography",
    "Photo",
    "Studio",
    "Images",
    "Pictures",
    "Art",
    "Fotografie",
    "Stock",
    "Travel",
)
SITES = ("com", "org", "net", "de", "fr", "co.uk", "io", "photo", "blog", "ru", "jp")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def random_text(rng: np.random.Generator) -> str:
    """One line as it is found on pictures; mostly Latin letters, at times another script's."""
    kind = integer(rng, (0, 11))
    if kind <= 2:
        return f"{choose(rng, ('©', '© ', '(c) '))}{_year(rng)} {_name(rng)}"
    if kind <= 4:
        return choose(rng, NOTICES)
    if kind <= 6:
        return f"{choose(rng, ('www.', '', ''))}{_word(rng)}{_word(rng)}.{choose(rng, SITES)}"
    if kind == 7:
        return f"{_name(rng)} {choose(rng, TRADES)}"
    if kind == 8:
        return (
            f"{choose(rng, ('stock photo ', '#', 'ID: ', 'img_', 'No. '))}{integer(rng, (100, 99_999_999))}"
        )
    if kind == 9:
        return f"@{_word(rng)}{choose(rng, ('', '_', '.'))}{_word(rng)}{choose(rng, ('', str(_year(rng))))}"
    if kind == 10:
        return date(rng)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&.-!"
    return "".join(choose(rng, letters) for _ in range(integer(rng, (2, 12))))


def date(rng: np.random.Generator) -> str:
    """A date in one of the usual orders, at times with the time of day."""
    day, month, year = integer(rng, (1, 28)), integer(rng, (1, 12)), _year(rng)
    text = choose(
        rng,
        (
            f"{day:02}/{month:02}/{year}",
            f"{year}-{month:02}-{day:02}",
            f"{day}.{month}.{year}",
            f"{MONTHS[month - 1]} {day}, {year}",
        ),
    )
    time = f"{integer(rng, (0, 23)):02}:{integer(rng, (0, 59)):02}"
    return choose(rng, (text, text, f"{time} {text}", f"{text} {time}"))


def stamp_digits(rng: np.random.Generator) -> str:
    """What film cameras exposed into the corner: ``'98 7 12``, ``12  7 '98`` or a time of day."""
    day, month, year = integer(rng, (1, 28)), integer(rng, (1, 12)), integer(rng, (80, 109)) % 100
    time = f"{day} {integer(rng, (0, 23)):2}:{integer(rng, (0, 59)):02}"
    return choose(rng, (f"'{year:02} {month:2} {day:2}", f"{day:2} {month:2} '{year:02}", time))


def _year(rng: np.random.Generator) -> int:
    return integer(rng, (1995, 2026))


def _word(rng: np.random.Generator) -> str:
    return "".join(choose(rng, SYLLABLES) for _ in range(integer(rng, (2, 4))))


def _name(rng: np.random.Generator) -> str:
    first, last = _word(rng).capitalize(), _word(rng).capitalize()
    return choose(rng, (f"{first} {last}", f"{first[0]}. {last}", last, f"{first} {last}".upper()))
