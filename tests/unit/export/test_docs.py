"""The example in docs/export.md runs as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.models import identity_model

GUIDE = Path(__file__).parents[3] / "docs" / "export.md"


def test_a_model_without_unfade(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert "unfade" not in re.findall(r"^(?:import|from) (\S+)", code, flags=re.MULTILINE)
    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10
    identity_model(tmp_path / "upscale-x2.onnx", 2, size_multiple=4)
    pixels = np.random.default_rng(0).integers(0, 256, (23, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)
    result = np.asarray(Image.open(tmp_path / "out.png"))
    np.testing.assert_array_equal(result, pixels.repeat(2, axis=0).repeat(2, axis=1))
