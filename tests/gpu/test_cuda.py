"""CUDA: it runs there, gives what the CPU gives, backs off when its memory ends, and does not tune again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import unet_model
from unfade.doctor import survey
from unfade.errors import DeviceError
from unfade.inference import (
    Bounds,
    Device,
    Engine,
    Extent,
    OutOfMemory,
    Session,
    array_reader,
    plan,
    provider_chain,
    run_tiled,
)
from unfade.inference.devices import CPU, CUDA, preload_cuda
from unfade.inference.loading import start
from unfade.models import card_of

GPU = Device.parse("cuda")
PIXELS = np.random.default_rng(7).integers(0, 256, (900, 1300, 3), np.uint8)


def enlarge(session: Session, tile: int) -> tuple[NDArray[np.float32], str]:
    """The unclipped result HWC, and the provider that finished it."""
    card = session.card
    height, width = PIXELS.shape[:2]
    out = np.full((height * card.scale, width * card.scale, 3), np.nan, np.float32)

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        out[bounds.y : bounds.bottom, bounds.x : bounds.right] = part[0].transpose(1, 2, 0)

    layout = plan(Extent(height, width), card.halo, card.size_multiple, tile)
    how = run_tiled(array_reader(PIXELS), session, write, layout)
    return out, how.provider


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unet_model(tmp_path_factory.mktemp("gpu") / "unet.onnx", 2, channels=48, residual=0.3)


def limited(path: Path, memory: int) -> Session:
    """A CUDA session whose arena ends after ``memory`` bytes."""
    preload_cuda()
    inner, refusal = start(path, provider_chain(GPU, [CUDA, CPU], gpu_memory_limit=memory))
    assert inner.get_providers()[0] == CUDA, refusal
    return Session(inner, path, card_of(path), threads=None, fallback=None)


@pytest.mark.parametrize("device", [Device.AUTO, GPU])
def test_runs_on_the_gpu(model: Path, device: Device) -> None:
    session = Session.open(model, device)
    assert (session.provider, session.fallback) == (CUDA, None)
    assert session.on_cpu().provider == CPU
    assert session.on_cpu() is session.on_cpu()
    engine = Engine(device)
    engine.session(model)
    assert (engine.provider, engine.fallback) == (CUDA, None)


def test_options_reach_the_provider(model: Path) -> None:
    options = Session.open(model, GPU)._inner.get_provider_options()[CUDA]
    assert options["cudnn_conv_algo_search"] == "HEURISTIC"
    assert options["arena_extend_strategy"] == "kSameAsRequested"
    assert 0 < int(options["gpu_mem_limit"]) < 2**48


def test_doctor_names_the_gpu() -> None:
    status = survey()[0]
    assert (status.provider, status.usable) == (CUDA, True) and status.note


def test_a_gpu_that_is_not_there(model: Path) -> None:
    with pytest.raises(DeviceError, match="there is no GPU number 99"):
        Session.open(model, Device.parse("cuda:99"))


def test_parity_with_the_cpu(model: Path) -> None:
    session = Session.open(model, GPU)
    on_gpu, provider = enlarge(session, 512)
    on_cpu, _ = enlarge(session.on_cpu(), 512)
    assert provider == CUDA
    # TF32 keeps 10 bits of the factors on tensor cores; sums of them stay well within an 8-bit step.
    assert np.abs(on_gpu - on_cpu).max() < 1 / 255
    assert np.abs(on_gpu - on_cpu).mean() < 1e-4


def test_tiled_equals_whole_on_the_gpu(model: Path) -> None:
    session = Session.open(model, GPU)
    whole, _ = enlarge(session, 2048)
    tiled, _ = enlarge(session, 300)
    assert np.abs(whole - tiled).max() < 1 / 255


def test_out_of_memory_is_told_apart(model: Path) -> None:
    session = limited(model, 64 * 2**20)
    with pytest.raises(OutOfMemory, match="not enough memory on the CUDA"):
        session.run({"input": np.zeros((1, 3, 2048, 2048), np.float32)})
    small = session.run({"input": np.zeros((1, 3, 64, 64), np.float32)})["output"]
    assert np.isfinite(small).all()


def test_backs_off_to_smaller_windows(model: Path) -> None:
    expected, _ = enlarge(Session.open(model, Device.CPU), 1024)
    result, provider = enlarge(limited(model, 256 * 2**20), 1024)
    assert provider == CUDA
    assert np.abs(result - expected).max() < 1 / 255


def test_backs_off_to_the_cpu(model: Path) -> None:
    expected, _ = enlarge(Session.open(model, Device.CPU), 1024)
    result, provider = enlarge(limited(model, 3 * 2**20), 1024)
    assert provider == CPU
    assert np.abs(result - expected).max() < 1 / 255


def test_windows_of_one_shape_are_not_tuned_again(model: Path) -> None:
    """The first window of a shape may be slow; no later one is, and a new shape costs little (HEURISTIC)."""
    session = Session.open(model, GPU)

    def seconds(side: int) -> float:
        pixels = np.zeros((1, 3, side, side), np.float32)
        begin = time.perf_counter()
        session.run({"input": pixels})
        return time.perf_counter() - begin

    seconds(256)  # starts cuDNN
    new_shape = seconds(512)
    later = sorted(seconds(512) for _ in range(9))
    assert later[-1] < 4 * later[4] + 0.02
    assert new_shape < later[4] + 2.0


def test_nothing_reaches_the_terminal(model: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import numpy as np; from unfade.inference import Session; "
        "Session.open(Path(sys.argv[1])).run({'input': np.zeros((1, 3, 64, 64), np.float32)})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)], capture_output=True, check=True, timeout=120
    )
    assert (done.stdout, done.stderr) == (b"", b"")
