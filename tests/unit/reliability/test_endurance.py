"""The short form of ``bench/endurance.py``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench import endurance, gpu
from numpy.typing import NDArray

from tests.models import unet_model
from unfade.filters import find_filter
from unfade.inference import Device, Engine
from unfade.picture import Picture

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux tells of a process")


def test_memory_handles_and_threads_over_many_pictures(tmp_path: Path) -> None:
    early, late = endurance.pictures(tmp_path, 120, [40, 120], unet_model(tmp_path / "net.onnx"))
    assert late["MiB"] < 1.05 * early["MiB"]
    assert late["handles"] <= early["handles"] and late["threads"] <= early["threads"] + 1


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    model = str(unet_model(tmp_path / "net.onnx"))
    upscale = find_filter("upscale")
    pixels = np.random.default_rng(0).integers(0, 256, (200, 150, 3), np.uint8)

    def made(**settings: int) -> NDArray[Any]:
        runner = upscale.open(upscale.Options(model=model), Engine(Device.CPU, **settings))
        return runner.run(Picture(pixels)).picture.pixels

    first = made(threads=1)
    np.testing.assert_array_equal(made(threads=1), first)
    for settings in ({"threads": 2}, {"threads": 1, "tile": 128}):
        assert np.abs(made(**settings).astype(int) - first).max() <= 1  # by rounding


def test_the_order_of_files_changes_no_byte(tmp_path: Path) -> None:
    assert endurance.order(tmp_path, unet_model(tmp_path / "net.onnx"))


def test_too_little_memory_is_a_sentence(tmp_path: Path) -> None:
    """It was a segmentation fault in libvips."""
    (row,) = endurance.limits(tmp_path, [0.5])
    assert (row["exit"], row["picture"]) == (1, "none")
    assert "memory" in row["said"] and row["said"].endswith(".")


def test_the_table_of_a_gpu_can_be_made() -> None:
    """On the CPU, which is as far from itself as it may be."""
    (row,) = gpu.rows(Device.CPU, ["revive"], [0.01], time.monotonic() + 60)
    assert (row["filter"], row["provider"]) == ("revive", "CPU")
    assert row["apart at most, of 255"] == "0 (0.00% of values)"
