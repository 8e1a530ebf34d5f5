"""The kinds of stages a recipe can have; a new one is one module and one line here."""

from __future__ import annotations

from .base import Stage, run_stage
from .critic import CriticStage
from .gan import GanStage
from .generator import GeneratorStage

STAGES: dict[str, type[Stage]] = {
    "generator": GeneratorStage,
    "critic": CriticStage,
    "gan": GanStage,
}

__all__ = ["STAGES", "Stage", "run_stage"]
