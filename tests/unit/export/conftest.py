"""Exports that many tests look at, made once, and the command line in this process."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import pytest
from filelock import FileLock
from torch import nn

from unfade.models import ModelCard
from unfade_export import export
from unfade_export.cli import main
from unfade_export.export import Report, export_checkpoint
from unfade_export.graph import to_onnx

from ..training.photos import RECIPE
from .tiny import save_tiny


@pytest.fixture(scope="session", autouse=True)
def one_trace_a_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Traces the same weights with the same card once for all test processes: PyTorch's tracer takes most of
    an export's time."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "traced"
    folder.mkdir(exist_ok=True)

    def remembered(network: nn.Module, card: ModelCard) -> onnx.ModelProto:
        digest = hashlib.sha256("".join((repr(network), *card.to_metadata().values())).encode())
        for name, tensor in network.state_dict().items():
            digest.update(name.encode() + tensor.numpy().tobytes())
        path = folder / f"{digest.hexdigest()}.onnx"
        with FileLock(path.with_suffix(".lock")):
            if not path.exists():
                onnx.save(to_onnx(network, card), path)
            return onnx.load(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "to_onnx", remembered)
        yield


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

    def make(recipe: str = RECIPE, seed: int = 0, **options: Any) -> Exported:
        key = (recipe, seed, *sorted(options.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("exports")
            source, path = folder / "tiny.safetensors", folder / "tiny-x2.onnx"
            network = save_tiny(source, recipe, seed)
            made[key] = Exported(network, source, path, export_checkpoint(source, path, **options))
        return made[key]

    return make


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
