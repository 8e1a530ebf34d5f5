"""``unfade preview``: the window."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from unfade.errors import DisplayError

NO_DISPLAY: Final = (
    "There is no display to show the window on; start it from a desktop, or use unfade run and the filters' "
    "own commands, which need none."
)


def preview(
    picture: Annotated[Path | None, typer.Argument(help="A picture to open at once.")] = None,
    filter: Annotated[
        str | None, typer.Option("--filter", metavar="NAME", help="The filter that is on at the start.")
    ] = None,
    host: Annotated[
        bool, typer.Option("--host", help="Work for an editor, through standard input and output.")
    ] = False,
) -> int:
    """Open the preview window."""
    check_display()
    from unfade.ui import app

    return app.run_host() if host else app.run_window(picture, filter)


def check_display() -> None:
    """Raises DisplayError where no window can be shown: before Qt is loaded, which would abort."""
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
