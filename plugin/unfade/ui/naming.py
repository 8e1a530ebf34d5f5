"""File names that are not taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def free_name(path: Path, taken: Callable[[Path], bool] = Path.exists) -> Path:
    """The path itself, or the first of "cat-2.png", "cat-3.png" and so on that is not taken."""
    free, number = path, 2
    while taken(free):
        free, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return free
