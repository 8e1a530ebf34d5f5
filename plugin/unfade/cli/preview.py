"""``unfade preview``: the window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


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
    from unfade.ui.display import check_display

    check_display()
    from unfade.ui import app

    return app.run_host() if host else app.run_window(picture, filter)
