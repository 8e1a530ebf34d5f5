"""The short form of ``bench/endurance.py``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bench import endurance

from tests.models import unet_model

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
