"""Exports that many tests look at, made once, and the command line in this process."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from unfade_export.cli import main
from unfade_export.export import Report, export_checkpoint

from ..training.photos import RECIPE
from .tiny import save_tiny


@dataclass(frozen=True)
class Exported:
    """A network, the checkpoint it was saved to, and the model made of that. Tests leave them as they are."""

    network: nn.Module
    checkpoint: Path
    path: Path
    report: Report


Exports = Callable[..., Exported]


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """Exports a recipe's network with the weights of a seed; the same one is made once.

    Further options are those of ``export_checkpoint``.
    """
    made: dict[tuple[object, ...], Exported] = {}

    def export(recipe: str = RECIPE, seed: int = 0, **options: Any) -> Exported:
        key = (recipe, seed, *sorted(options.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("exports")
            source, path = folder / "tiny.safetensors", folder / "tiny-x2.onnx"
            network = save_tiny(source, recipe, seed)
            made[key] = Exported(network, source, path, export_checkpoint(source, path, **options))
        return made[key]

    return export


def export_here(*arguments: str) -> tuple[int, str, str]:
    """``unfade-export`` in this process: exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        patch.setattr(sys, "argv", ["unfade-export", *arguments])
        patch.setenv("COLUMNS", "100")
        main()
    return int(end.value.code or 0), out.getvalue(), err.getvalue()
