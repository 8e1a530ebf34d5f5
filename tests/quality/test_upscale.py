"""What the shipped upscaling models make of photographs, in figures."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import unfade
from unfade.picture import Kernel, Picture, from_float, read_picture, resize, to_float

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
SET5 = SHARED / "data" / "eval" / "set5"
SCORE = SHARED / "tools" / "score.py"


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)))


def test_it_beats_bicubic_by_far_on_the_shipped_photograph() -> None:
    truth = read_picture(ROOT / "examples" / "shepherd.webp").pixels
    height, width = truth.shape[0] // 2 * 2, truth.shape[1] // 2 * 2
    truth = truth[:height, :width]
    small = np.asarray(Image.fromarray(truth).resize((width // 2, height // 2), Image.Resampling.BICUBIC))
    plain = resize(to_float(small), (height, width), Kernel.BICUBIC)
    restored = unfade.upscale(Picture(small), scale=2, device="cpu").pixels
    assert psnr(restored, truth) > psnr(from_float(plain, np.dtype(np.uint8)), truth) + 1.5


def test_with_detail_compression_goes_and_edges_are_sharp() -> None:
    truth = read_picture(ROOT / "examples" / "shepherd.webp").pixels
    height, width = truth.shape[0] // 2 * 2, truth.shape[1] // 2 * 2
    truth = truth[:height, :width]
    data = io.BytesIO()
    small = Image.fromarray(truth).resize((width // 2, height // 2), Image.Resampling.BILINEAR)
    small.save(data, "JPEG", quality=40)
    compressed = Picture(np.asarray(Image.open(data)))
    faithful, detailed = (unfade.upscale(compressed, scale=2, detail=d, device="cpu").pixels for d in (0, 1))
    sky = np.s_[:60, :200]
    assert psnr(detailed[sky], truth[sky]) > psnr(faithful[sky], truth[sky]) + 0.7
    assert psnr(detailed, truth) > psnr(faithful, truth)
    contrast = [np.abs(np.diff(each.astype(int), axis=1)).mean() for each in (faithful, detailed, truth)]
    assert 1.15 * contrast[0] < contrast[1] < contrast[2]


@pytest.mark.parametrize("detail", [0, 1])
@pytest.mark.parametrize("colour", [(40, 120, 200), (255, 0, 0), (0, 255, 255), (250, 250, 250)])
@pytest.mark.parametrize("scale", [2, 4])
def test_flat_areas_stay_flat_up_to_the_edge(colour: tuple[int, int, int], scale: int, detail: int) -> None:
    flat = np.full((48, 64, 3), colour, np.uint8)
    restored = unfade.upscale(Picture(flat), scale=scale, detail=detail, device="cpu").pixels
    assert np.abs(restored.astype(int) - flat[0, 0]).max() <= (1, 3)[detail]


@pytest.mark.skipif(not SET5.is_dir(), reason="the Set5 benchmark pictures are not on this machine")
@pytest.mark.parametrize(("scale", "floor"), [(2, 37.6), (4, 31.55)])
def test_set5_through_the_command_line(tmp_path: Path, scale: int, floor: float) -> None:
    def run(*words: object) -> str:
        done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    task, small, large = f"sr-x{scale}", tmp_path / "in", tmp_path / "out"
    run(SCORE, "make", task, "--refs", SET5, "--out", small)
    run("-m", "unfade", "upscale", small, "-o", large, "--scale", scale, "--detail", 0, "--device", "cpu")
    lines = run(SCORE, "score", task, "--refs", SET5, "--results", large).splitlines()
    scores = dict(line.split() for line in lines)
    assert float(scores["psnr_y"]) > floor
