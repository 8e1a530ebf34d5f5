"""The preview window, and what comes before the rest of it is loaded: whether it can be shown at all, for Qt
would abort; and the start of its engine."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from unfade.errors import DisplayError
from unfade.service.client import Client

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


def start_engine() -> Client:
    """An engine process of this installation. Raises EngineError."""
    return Client(sys.executable)


def engine_ahead() -> Callable[[], Client]:
    """Begins to start an engine, and gives the function that waits for it; called again, it starts another.

    The function raises EngineError.
    """
    pool = ThreadPoolExecutor(1, "unfade-ahead")
    starting = [pool.submit(start_engine)]
    pool.shutdown(wait=False)
    return lambda: starting.pop().result() if starting else start_engine()
