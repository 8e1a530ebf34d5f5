"""``python -m unfade_training.degradations FOLDER -o sheet.png``: the contact sheet of all degradations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import TrainingError
from .sheet import contact_sheet, photo_files


def main(
    folder: Annotated[Path, typer.Argument(help="Photographs, with sub-folders.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Picture to write.")],
    columns: Annotated[int, typer.Option(min=1, help="How many photographs.")] = 6,
    size: Annotated[int, typer.Option(min=16, help="Side of each picture in pixels.")] = 192,
    seed: Annotated[int, typer.Option(help="Of all random draws.")] = 0,
    only: Annotated[str, typer.Option(help="Just the rows whose label contains this.")] = "",
) -> None:
    """Show what each degradation makes of a few photographs."""
    try:
        sheet = contact_sheet(photo_files(folder), columns, size, seed, only)
    except TrainingError as error:
        sys.exit(str(error))
    try:
        sheet.save(output)
    except (OSError, ValueError) as error:  # ValueError: a suffix Pillow does not know
        sys.exit(f"{output} cannot be written: {error}.")


if __name__ == "__main__":
    typer.run(main)
