"""Out of memory: smaller windows go on where large ones stopped, then the CPU; and unusable results."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models import Network, black_model, identity_model, nan_model, save_network, unet_model
from unfade.errors import Cancelled, ModelError
from unfade.inference import (
    Bounds,
    Device,
    Extent,
    OutOfMemory,
    Session,
    TiledRun,
    array_reader,
    array_writer,
    plan,
    run_tiled,
)
from unfade.inference.tiling import PACE_SIDE
from unfade.models import ModelCard, Tensor, Tiling


class Limited:
    """A real session that refuses windows above a side, as a small GPU does; its CPU twin is limited too."""

    def __init__(
        self,
        session: Session,
        limit: int,
        *,
        provider: str = "CUDAExecutionProvider",
        on_cpu: int = 10_000,
        after: int = 0,
    ) -> None:
        self.session = session
        self.limit = limit
        self.provider = provider
        self.sides: list[int] = []
        self._on_cpu = on_cpu
        self._after = after
        self.cpu: Limited | None = None

    @property
    def card(self) -> ModelCard:
        return self.session.card

    def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        side = max(inputs["input"].shape[2:])
        if side > self.limit and len(self.sides) >= self._after:
            raise OutOfMemory("The window is too large.")
        self.sides.append(side)
        return self.session.run(inputs)

    def on_cpu(self) -> Limited:
        self.cpu = Limited(self.session, self._on_cpu, provider="CPUExecutionProvider")
        return self.cpu


@pytest.fixture
def unet(tmp_path: Path) -> Session:
    return Session.open(unet_model(tmp_path / "unet.onnx", 2, residual=0.5), Device.CPU)


PIXELS = np.random.default_rng(5).integers(0, 256, (300, 420, 3), np.uint8)


def run(
    session: Limited | Session, tile: int = 256
) -> tuple[NDArray[np.float32], TiledRun, list[tuple[float, int]]]:
    """The unclipped result HWC, how it was run, and the progress."""
    card = session.card
    height, width = PIXELS.shape[:2]
    out = np.full((height * card.scale, width * card.scale, 3), np.nan, np.float32)

    def write(bounds: Bounds, part: NDArray[np.float32]) -> None:
        out[bounds.y : bounds.bottom, bounds.x : bounds.right] = part[0].transpose(1, 2, 0)

    steps: list[tuple[float, int]] = []
    layout = plan(Extent(height, width), card.halo, card.size_multiple, tile)
    how = run_tiled(array_reader(PIXELS), session, write, layout, lambda *step: steps.append(step))
    return out, how, steps


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_halves_and_goes_on(unet: Session, after: int) -> None:
    expected, _, _ = run(unet)
    limited = Limited(unet, 130, after=after)
    result, how, steps = run(limited)
    assert np.abs(result - expected).max() <= 2e-5
    assert how.provider == "CUDAExecutionProvider"
    assert max(how.layout.window.height, how.layout.window.width) <= 130
    assert [side > 130 for side in limited.sides] == sorted(
        [side > 130 for side in limited.sides], reverse=True
    )
    assert limited.sides[after] <= 130
    # What the large windows had done is not done again.
    assert len(limited.sides) - after <= len(how.layout) - (1 if after else 0)
    assert [done for done, _ in steps[after:]] == sorted(done for done, _ in steps[after:])
    assert steps[-1] == (len(how.layout), len(how.layout))


def test_halves_twice(unet: Session) -> None:
    expected, _, _ = run(unet)
    limited = Limited(unet, 110)
    result, how, _ = run(limited, tile=420)  # 420, 210, 105
    assert np.abs(result - expected).max() <= 2e-5
    assert 56 < max(limited.sides) <= 105
    assert how.provider == "CUDAExecutionProvider"


def test_then_the_cpu(unet: Session) -> None:
    expected, _, _ = run(unet)
    limited = Limited(
        unet, 60, after=1
    )  # the picture's first tile fits, then another program takes the memory
    result, how, _ = run(limited)
    assert np.abs(result - expected).max() <= 2e-5
    assert limited.cpu is not None and len(limited.sides) == 1
    assert how.provider == "CPUExecutionProvider"
    assert max(limited.cpu.sides) > 130  # windows of the first size again
    assert len(limited.cpu.sides) == len(how.layout) - 1  # and that first tile stays


def test_then_an_error(unet: Session) -> None:
    limited = Limited(unet, 60, on_cpu=60)
    with pytest.raises(
        OutOfMemory, match="not enough memory to run the model unet, even in its smallest tiles"
    ):
        run(limited)
    assert limited.cpu is not None and limited.cpu.sides == []


def test_blend_backs_off_too(tmp_path: Path) -> None:
    path = identity_model(tmp_path / "blend.onnx", 2, tiling=Tiling.BLEND, halo=8)
    limited = Limited(Session.open(path, Device.CPU), 130, after=2)
    result, how, _ = run(limited)
    assert np.abs(result - PIXELS.repeat(2, 0).repeat(2, 1) / np.float32(255)).max() <= 1e-6
    assert max(how.layout.window.height, how.layout.window.width) <= 130


def test_other_failures_are_not_retried(unet: Session) -> None:
    class Broken(Limited):
        def run(self, inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
            return super().run({"wrong": inputs["input"], "input": inputs["input"]})

    with pytest.raises(ModelError, match="The model unet failed"):
        run(Broken(unet, 1000))


def test_cancelled_from_the_callback(unet: Session) -> None:
    def cancel(done: int, _total: int) -> None:
        if done == 2:
            raise Cancelled("Stopped.")

    layout = plan(Extent(300, 420), unet.card.halo, unet.card.size_multiple, 128)
    written: list[Bounds] = []
    with pytest.raises(Cancelled):
        run_tiled(array_reader(PIXELS), unet, lambda bounds, _: written.append(bounds), layout, cancel)
    assert len(written) == 2


@pytest.mark.parametrize(
    ("model", "sentence"), [(nan_model, "values that are no numbers"), (black_model, "made a picture black")]
)
@pytest.mark.parametrize("tiling", [Tiling.EXACT, Tiling.BLEND])
def test_unusable_results(tmp_path: Path, model: object, sentence: str, tiling: Tiling) -> None:
    assert callable(model)
    session = Session.open(model(tmp_path / "broken.onnx", 2, tiling=tiling, halo=4), Device.CPU)
    with pytest.raises(ModelError, match=f"The model broken.*{sentence}"):
        run(session)


def test_infinity_is_refused(tmp_path: Path) -> None:
    network = Network()
    path = save_network(tmp_path / "endless.onnx", network, network.scaled(network.input, math.inf))
    with pytest.raises(ModelError, match="infinity"):
        run(Session.open(path, Device.CPU))


@pytest.mark.parametrize("value", [0, 1])
def test_a_black_picture_may_stay_black(tmp_path: Path, value: int) -> None:
    session = Session.open(black_model(tmp_path / "black.onnx", 2), Device.CPU)
    pixels = np.full((40, 40, 3), value, np.uint8)
    out = np.full((80, 80, 3), 9, np.uint8)
    run_tiled(array_reader(pixels), session, array_writer(out), plan(Extent(40, 40), 0, 1, 64))
    assert not out.any()


def test_a_card_that_is_wrong_about_the_scale(tmp_path: Path) -> None:
    network = Network()
    path = save_network(tmp_path / "liar.onnx", network, network.nearest(network.input, 2), scale=4)
    session = Session.open(path, Device.CPU)
    with pytest.raises(ModelError, match=r"liar gave an array of shape .* where its card promises"):
        run(session, tile=256)


def test_ranges_of_the_card(tmp_path: Path) -> None:
    """A network that works in other units gets them, and its answer is brought back."""
    network = Network()
    shifted = (Tensor("input", 3, (-1.0, 1.0), "sRGB"),), (Tensor("output", 3, (-2.0, 2.0), "sRGB"),)
    path = save_network(
        tmp_path / "signed.onnx",
        network,
        network.scaled(network.input, 2.0),
        inputs=shifted[0],
        outputs=shifted[1],
    )
    result, _, _ = run(Session.open(path, Device.CPU))
    assert np.abs(result - PIXELS / np.float32(255)).max() <= 1e-6


def test_whole_models_are_not_tiled(tmp_path: Path) -> None:
    path = identity_model(tmp_path / "whole.onnx", 1, tiling=Tiling.WHOLE, working_size=256)
    with pytest.raises(ValueError, match="runs whole"):
        run(Session.open(path, Device.CPU))


@pytest.mark.parametrize(
    ("provider", "side", "memory", "told"),
    [
        ("CPUExecutionProvider", 1400, 10_000, 1),
        ("CPUExecutionProvider", 700, 10_000, 0),  # over soon
        ("CUDAExecutionProvider", 1400, 10_000, 0),
        ("CPUExecutionProvider", 1400, 130, 0),  # no room even for that
    ],
)
def test_a_long_run_on_the_cpu_tells_its_pace_before_the_first_tile(
    tmp_path: Path, provider: str, side: int, memory: int, told: int
) -> None:
    session = Session.open(identity_model(tmp_path / "same.onnx"), Device.CPU)
    limited = Limited(session, memory, provider=provider)
    pixels = np.random.default_rng(5).integers(0, 256, (side, side, 3), np.uint8)
    out = np.empty_like(pixels)
    steps: list[tuple[float, int]] = []
    layout = plan(Extent(side, side), 0, 1, 512)
    run_tiled(array_reader(pixels), limited, array_writer(out), layout, lambda *step: steps.append(step))
    assert np.array_equal(out, pixels)
    parts = [done for done, _ in steps if done % 1]
    assert parts == [pytest.approx((PACE_SIDE / layout.window.width) ** 2)] * told
    assert steps[0][0] == 0 and (not told or steps[1][0] == parts[0])
