"""The preview window. Whether it can be shown at all is asked before Qt is loaded, which would abort."""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Final

from unfade.errors import DisplayError

NO_DISPLAY: Final = (
    "There is no display to show the window on; start it from a desktop, or use unfade run and the filters' "
    "own commands, which need none."
)


def check_display() -> None:
    """Raises DisplayError where no window can be shown."""
    if importlib.util.find_spec("PyQt6") is None:
        raise DisplayError("The window needs PyQt6, which is not installed: pip install PyQt6.")
    named = os.environ.get("QT_QPA_PLATFORM")
    if sys.platform == "linux" and not named:
        if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            raise DisplayError(NO_DISPLAY)
    try:
        import PyQt6.QtWidgets  # noqa: F401
    except ImportError as error:
        raise DisplayError(
            f"The window cannot be shown, a library of the system is missing ({error}); install it."
        ) from error
