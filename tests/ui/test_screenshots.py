"""The script that takes the window's pictures runs, and every picture shows something.

Not all of its scenes: those in which the most takes part.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtWidgets import QApplication
from scripts.screenshots import take

from tests.models import cleaning_model, colouring_model, unet_model


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small picture; and small models for all filters."""
    models = tmp_path / "models"
    models.mkdir()
    unet_model(models / "double.onnx", 2)
    cleaning_model(models / "clean.onnx")
    colouring_model(models / "colour.onnx")
    monkeypatch.setenv("UNFADE_MODELS", str(models))
    ramp = np.linspace(0, 255, 160 * 120 * 3).reshape(120, 160, 3).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    return tmp_path / "ramp.png"


@pytest.mark.parametrize("scene", ["deartifact", "colorize", "queue", "dialogs"])
def test_states_can_be_shown(qapp: QApplication, picture: Path, tmp_path: Path, scene: str) -> None:
    taken = take(qapp, tmp_path / "out", picture, frozenset([scene]), effort=0)
    assert taken
    for path in taken:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        assert min(pixels.shape[:2]) >= 200
        colours = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
        assert len(np.unique(colours)) > 20, f"{path.name} is blank"
