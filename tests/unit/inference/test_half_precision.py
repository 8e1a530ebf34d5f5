"""Which file runs where, and networks compiled for one size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.models import identity_model, unet_model
from unfade.inference import Device, Engine, Session
from unfade.inference import session as session_module
from unfade.inference.devices import COREML, CPU, CUDA, DIRECTML, TENSORRT
from unfade.inference.loading import file_for
from unfade.models import half_precision_file, is_half_precision


@pytest.mark.parametrize(
    ("provider", "beside", "runs"),
    [
        (CUDA, True, "net.fp16.onnx"),
        (TENSORRT, True, "net.fp16.onnx"),
        (CUDA, False, "net.onnx"),
        (CPU, True, "net.onnx"),
        (DIRECTML, True, "net.onnx"),
        (COREML, True, "net.onnx"),
    ],
)
def test_half_precision_only_where_it_is_quick(
    tmp_path: Path, provider: str, beside: bool, runs: str
) -> None:
    path = tmp_path / "net.onnx"
    if beside:
        half_precision_file(path).write_bytes(b"")
    assert file_for(path, provider) == tmp_path / runs


def test_names_of_half_precision_files() -> None:
    assert half_precision_file(Path("a/x2.v1.onnx")) == Path("a/x2.v1.fp16.onnx")
    assert half_precision_file(Path("x.fp16.onnx")) == Path("x.fp16.onnx")
    assert is_half_precision(Path("x.FP16.onnx")) and not is_half_precision(Path("fp16.onnx"))


def test_a_cpu_leaves_the_variant_alone(tmp_path: Path) -> None:
    path = identity_model(tmp_path / "net.onnx", 2)
    half_precision_file(path).write_bytes(b"no model at all")
    assert Session.open(path, Device.CPU).card.name == "net"


def test_fixed_sizes_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One compilation for every size of window, none for the next window of that size."""
    path = unet_model(tmp_path / "net.onnx", 2)
    opened: list[tuple[int, int] | None] = []
    start = session_module.start

    def counted(*arguments: object, **options: object) -> object:
        opened.append(options.get("sides"))  # type: ignore[arg-type]
        return start(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(session_module, "start", counted)
    free = Session.open(path, Device.CPU)
    fixed = Session.open(path, Device.CPU, fixed_sizes=True)
    opened.clear()
    for seed, (height, width) in enumerate([(16, 24), (16, 24), (8, 8), (16, 24)]):
        pixels = np.random.default_rng(seed).random((1, 3, height, width), np.float32)
        expected = free.run({"input": pixels})["output"]
        np.testing.assert_allclose(fixed.run({"input": pixels})["output"], expected, atol=1e-6)
    assert opened == [(16, 24), (8, 8), (16, 24)]


def test_a_replaced_model_is_opened_anew(tmp_path: Path) -> None:
    path = identity_model(tmp_path / "net.onnx", 2, title="Old")
    engine = Engine(Device.CPU)
    old = engine.session(path)
    assert engine.session(path) is old
    identity_model(path, 2, title="A newer one")
    assert engine.session(path).card.title == "A newer one"
    assert len(engine._opened()) == 1
