"""``unfade run``: a recipe over pictures and folders of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from unfade.cli.running import PICTURES, RunOptions, keyword, run_command, run_pictures
from unfade.filters import RECIPE_SUFFIX, read_recipe


def _run(inputs: list[Path], values: Mapping[str, Any], run_options: RunOptions) -> int:
    return run_pictures(read_recipe(values["recipe"]).open, inputs, run_options)


_RECIPE = typer.Argument(
    ..., metavar="RECIPE", show_default=False, help=f"A file with the filters to run, *{RECIPE_SUFFIX}."
)

run = run_command(_run, [keyword("recipe", Path, _RECIPE), PICTURES])
