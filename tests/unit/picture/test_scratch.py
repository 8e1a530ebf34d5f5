"""A scratch file holds the same pixels, gives memory back, and says in a sentence where there is no room."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.models import identity_model
from unfade.errors import OutputError
from unfade.filters import Recipe, UpscaleOptions
from unfade.filters.upscale import UPSCALE
from unfade.inference import Device, Engine
from unfade.picture import Metadata, Picture, read_picture, scratch, write_picture

from .samples import display_p3

MIB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every array of more than a kilobyte goes into a scratch file here."""
    monkeypatch.setenv("UNFADE_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setattr(scratch, "MOST_HELD", 1024)
    return tmp_path / "scratch"


def on_disk(picture: Picture) -> bool:
    base = picture.pixels
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return not isinstance(base, np.ndarray)


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_files_are_read_and_written_as_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path, suffix: str, channels: int
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 70, channels), np.uint8)
    write_picture(Picture(pixels), tmp_path / f"in.{suffix}")
    found = read_picture(tmp_path / f"in.{suffix}")
    assert on_disk(found)
    scratch._MAPPINGS._last = 0.0
    scratch.let_go()
    np.testing.assert_array_equal(found.pixels, pixels)
    write_picture(found, tmp_path / f"from-scratch.{suffix}")
    monkeypatch.setattr(scratch, "MOST_HELD", 512 << 20)
    write_picture(read_picture(tmp_path / f"in.{suffix}"), tmp_path / f"from-memory.{suffix}")
    assert (tmp_path / f"from-scratch.{suffix}").read_bytes() == (
        tmp_path / f"from-memory.{suffix}"
    ).read_bytes()
    assert list(folder.iterdir()) == []


STEPS = {
    "upscale": {"scale": 2, "strength": 0.7},
    "upscale by 1.5": {"scale": 1.5},
    "upscale in two passes": {"scale": 4},
    "deartifact": {"strength": 0.8},
    "deartifact without": {"watermark": False},
    "colorize": {"strength": 0.9},
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [*((name, "rgb") for name in STEPS), *(("all", kind) for kind in ("alpha", "gray", "deep", "profile"))],
)
def test_filters_give_the_same_pixels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, kind: str
) -> None:
    monkeypatch.setenv("UNFADE_SCRATCH", str(tmp_path))
    random = np.random.default_rng(1)
    channels = {"alpha": 4, "gray": 1}.get(kind, 3)
    pixels = random.integers(0, 256, (45, 70, channels), np.uint8)
    if kind == "alpha":
        pixels[:20, :30, 3] = 0
    if kind == "deep":
        pixels = pixels * np.uint16(257)
    picture = Picture(pixels, Metadata(icc=display_p3() if kind == "profile" else None))
    parts = ["deartifact", "colorize", "upscale"] if name == "all" else [name]
    steps = [{"filter": part.split()[0], "options": STEPS[part]} for part in parts]
    runner = Recipe.from_json({"steps": steps}).open(Engine(Device.CPU))
    held = runner.run(picture, want_mask=True)
    monkeypatch.setattr(scratch, "MOST_HELD", 0)
    mapped = runner.run(picture, want_mask=True)
    assert on_disk(mapped.picture) and not on_disk(held.picture)
    np.testing.assert_array_equal(mapped.picture.pixels, held.picture.pixels)
    assert (mapped.mask is None) == (held.mask is None)
    if held.mask is not None and mapped.mask is not None:
        np.testing.assert_array_equal(mapped.mask, held.mask)


def test_no_room_is_said_before_the_network_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    identity_model(tmp_path / "double.onnx", 2)
    runner = UPSCALE.open(UpscaleOptions(model=str(tmp_path / "double.onnx")), Engine(Device.CPU))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    tiles: list[int] = []
    with pytest.raises(OutputError, match=r"needs 0\.0 GB in .* and there is no room left: free some space"):
        runner.run(Picture(np.zeros((90, 70, 3), np.uint8)), progress=lambda done, _total: tiles.append(done))
    assert tiles == [] and list(folder.iterdir()) == []


def test_a_place_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNFADE_SCRATCH", str(tmp_path / "file"))
    monkeypatch.setattr(scratch, "MOST_HELD", 0)
    with pytest.raises(OutputError, match="name another folder by the variable UNFADE_SCRATCH"):
        scratch.empty((10, 10), np.uint8)


@pytest.mark.skipif(sys.platform != "linux", reason="counts pages in /proc")
def test_its_pages_are_given_back(tmp_path: Path) -> None:
    """Filling and reading 1 GiB in strips takes a few strips of memory, as the system counts it."""
    code = f"""
import resource, numpy as np
from unfade.picture import scratch
scratch.MOST_HELD = 0
pixels = scratch.empty(({MIB}, 1024), np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for value in (3, 4):
    for row in range(0, len(pixels), 16384):
        pixels[row : row + 16384] += np.uint8(value)
        scratch.let_go()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, pixels[::4096].min(), pixels[::4096].max())
"""
    environment = {**os.environ, "UNFADE_SCRATCH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    grown, least, most = map(int, done.stdout.split())
    assert (least, most) == (7, 7)
    assert grown < 512 * 1024
