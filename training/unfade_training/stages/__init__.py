"""The kinds of stages a recipe can have; a new one is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .generator import train_generator

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..recipe import StageSpec
    from ..trainer import Run

STAGES: dict[str, Callable[[Run, StageSpec, Checkpoint | None], None]] = {"generator": train_generator}

__all__ = ["STAGES"]
