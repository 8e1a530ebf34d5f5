"""The arrows of the house: export -> training and export -> plugin; nothing imports upward."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def imported(package: Path) -> Iterator[tuple[str, Path]]:
    """The top-level name of everything that is imported anywhere in a package, also inside functions."""
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name.partition(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                yield node.module.partition(".")[0], path


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("plugin/unfade", {"torch", "lightning_fabric", "onnx", "unfade_training", "unfade_export"}),
        ("training/unfade_training", {"unfade", "unfade_export", "PyQt6"}),
        ("export/unfade_export", {"PyQt6"}),
    ],
)
def test_nothing_imports_upward(package: str, forbidden: set[str]) -> None:
    assert not [(name, path) for name, path in imported(ROOT / package) if name in forbidden]


def test_only_the_window_imports_qt() -> None:
    window = ROOT / "plugin" / "unfade" / "ui"
    users = {path for name, path in imported(ROOT / "plugin" / "unfade") if name == "PyQt6"}
    assert not {path for path in users if window not in path.parents}


def test_import_unfade_is_light() -> None:
    heavy = "{'torch', 'PyQt6', 'onnxruntime', 'pyvips', 'scipy'}"
    code = f"import sys, unfade; loaded = {heavy} & set(sys.modules); sys.exit(str(loaded) if loaded else 0)"
    subprocess.run([sys.executable, "-c", code], check=True)
