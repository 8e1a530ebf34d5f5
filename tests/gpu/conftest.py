"""The GPU suite runs where CUDA does, and says elsewhere why it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from unfade.inference.devices import CUDA, obstacle_to_cuda
from unfade.inference.runtime import onnxruntime


def _reason() -> str | None:
    if CUDA not in onnxruntime().get_available_providers():
        return "needs the onnxruntime-gpu build"
    obstacle = obstacle_to_cuda(0)
    return None if obstacle is None else f"needs CUDA: {obstacle.reason}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    mine = [item for item in items if here in item.path.parents]
    reason = _reason() if mine else None
    if reason is not None:
        for item in mine:
            item.add_marker(pytest.mark.skip(reason=reason))
