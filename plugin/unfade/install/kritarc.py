"""The one line in Krita's settings that switches the plug-in on; all other lines stay as they are.

KConfig's files are no INI files that configparser could write back: nested groups, keys in brackets, case.
"""

from __future__ import annotations

_GROUP = "[python]"
_KEY = "enable_unfade"


def switch(text: str, on: bool) -> str:
    """The text of kritarc with the plug-in switched on, or without a word of it."""
    lines = [line for line in text.splitlines() if line.partition("=")[0].strip() != _KEY]
    if on:
        if _GROUP not in lines:
            lines += ["", _GROUP] if lines and lines[-1] else [_GROUP]
        lines.insert(lines.index(_GROUP) + 1, f"{_KEY}=true")
    elif _KEY in text and _GROUP in lines:
        place = lines.index(_GROUP)
        rest = next((line for line in lines[place + 1 :] if line), "[")
        if rest.startswith("["):  # nothing else is in the group
            del lines[place]
            while lines and not lines[-1]:
                lines.pop()
    return "\n".join(lines) + "\n" if lines else ""
