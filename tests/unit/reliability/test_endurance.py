"""The short form of ``bench/endurance.py``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from bench import endurance, gpu

from tests.models import unet_model
from unfade.inference import Device

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux tells of a process")


def test_memory_handles_and_threads_over_many_pictures(tmp_path: Path) -> None:
    early, late = endurance.pictures(tmp_path, 120, [40, 120], unet_model(tmp_path / "net.onnx"))
    assert late["MiB"] < 1.05 * early["MiB"]
    assert late["handles"] <= early["handles"] and late["threads"] <= early["threads"] + 1


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
