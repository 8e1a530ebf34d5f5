"""Engines as an editor starts them: processes of their own, with models and a home for the tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import cleaning_model, endless_model, identity_model, nan_model, unet_model
from unfade.service.client import Client

DEPTHS = {"u8": np.uint8, "u16": np.uint16, "float32": np.float32}


def picture(height: int, width: int, channels: int = 3, depth: str = "u8", seed: int = 0) -> NDArray[Any]:
    """Random pixels, HWC."""
    random = np.random.default_rng(seed)
    if depth == "float32":
        return random.random((height, width, channels), dtype=np.float32)
    return random.integers(0, np.iinfo(DEPTHS[depth]).max, (height, width, channels), DEPTHS[depth], True)


def pixels_of(result: Any) -> NDArray[Any]:
    """A result of the client as an array, HWC."""
    array = np.frombuffer(result.pixels, DEPTHS[result.depth])
    return array.reshape(result.height, result.width, result.channels)


def shape_of(pixels: NDArray[Any]) -> tuple[int, int, int, str]:
    """width, height, channels and depth, as the client takes them."""
    height, width, channels = pixels.shape
    return width, height, channels, next(name for name, kind in DEPTHS.items() if pixels.dtype == kind)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An engine's variables: models "double" (the identity), "net", "clean", "heavy", "endless", "broken"."""
    models, home = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("home")
    identity_model(models / "double.onnx", 2)
    unet_model(models / "net.onnx", 2)
    unet_model(models / "heavy.onnx", 2, channels=64)
    nan_model(models / "broken.onnx", 2)
    endless_model(models / "endless.onnx")
    cleaning_model(models / "clean.onnx")
    folders = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    return {"UNFADE_MODELS": str(models), "HOME": str(home), **folders}


@pytest.fixture(autouse=True)
def _same_models_here(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFADE_MODELS", environment["UNFADE_MODELS"])


Start = Callable[..., Client]


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Start]:
    """Starts an engine of one's own; it is closed after the test."""
    clients: list[Client] = []

    def start(*arguments: str, **options: Any) -> Client:
        words = ["--device", "cpu", *arguments]
        clients.append(Client(sys.executable, words, environment=environment, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def engine(environment: dict[str, str]) -> Iterator[Client]:
    """One engine for the tests of a module that leave it as they found it."""
    with Client(sys.executable, ["--device", "cpu"], environment=environment) as client:
        yield client
