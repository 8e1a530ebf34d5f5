"""Values outside [0, 1] and linear light go around the networks, and are enlarged with the picture."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from tests.models import Network, identity_model, save_network
from unfade.filters import Recipe, carry, find_filter, read_options
from unfade.filters.pipeline import Step
from unfade.inference import Bounds, Device, Engine, Extent
from unfade.picture import (
    Metadata,
    Picture,
    is_linear,
    linear_to_srgb,
    scratch,
    srgb_to_linear,
)
from unfade.picture.colour import made_profile

D65_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
LINEAR = made_profile(D65_SRGB, (1.0,), gray=False)


def ran(picture: Picture, *steps: tuple[str, dict[str, object]], region: Bounds | None = None) -> Picture:
    recipe = Recipe(tuple(Step(find_filter(name), read_options(find_filter(name), o)) for name, o in steps))
    return recipe.open(Engine(Device.parse("cpu"))).run(picture, region=region).picture


def scene(channels: int = 3) -> np.ndarray:
    """Noise in [0, 1] with a highlight of 4, 2 and 1.5 and a spot below 0."""
    pixels = np.random.default_rng(5).random((40, 50, channels), np.float32)
    colours = 1 if channels < 3 else 3
    pixels[10:20, 10:20, :colours] = np.array((4.0, 2.0, 1.5), np.float32)[:colours]
    pixels[30, 30, 0] = -0.2
    return pixels


@pytest.fixture
def same(tmp_path: Path) -> str:
    return str(identity_model(tmp_path / "same.onnx", task="deartifact"))


@pytest.fixture
def half(tmp_path: Path) -> str:
    network = Network()
    return str(
        save_network(tmp_path / "half.onnx", network, network.scaled(network.input, 0.5), task="deartifact")
    )


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("icc", [None, LINEAR], ids=["curve", "linear"])
def test_nothing_changes_but_what_was_meant(same: str, channels: int, icc: bytes | None) -> None:
    if channels < 3 and icc is not None:
        icc = made_profile(D65_SRGB, (1.0,), gray=True)
    pixels = scene(channels)
    result = ran(Picture(pixels, Metadata(icc=icc)), ("deartifact", {"model": same}))
    visible = np.s_[...] if channels in (1, 3) else pixels[..., -1] > 0
    near = 0 if channels > 2 else 1e-6  # gray is the luma of three, which rounds
    np.testing.assert_allclose(result.pixels[visible], pixels[visible], rtol=near, atol=near)


def test_a_change_is_made_below_the_highlight(half: str) -> None:
    pixels = scene()
    after = ran(Picture(pixels), ("deartifact", {"model": half})).pixels
    inside = np.clip(pixels, 0, 1)
    np.testing.assert_allclose(after, pixels - inside / 2, atol=1e-6)
    part = ran(Picture(pixels), ("deartifact", {"model": half}), region=Bounds(5, 8, 20, 30)).pixels
    np.testing.assert_array_equal(part, after[5:25, 8:38])


def test_linear_light_is_seen_on_its_curve(half: str) -> None:
    """Half of the sRGB value, not of the light; of 16 bits too."""
    light = np.random.default_rng(5).random((40, 50, 3), np.float32)
    expected = srgb_to_linear(linear_to_srgb(light) / 2)
    after = ran(Picture(light, Metadata(icc=LINEAR)), ("deartifact", {"model": half})).pixels
    np.testing.assert_allclose(after, expected, atol=1e-6)
    deep = np.rint(light * 65535).astype(np.uint16)
    after = ran(Picture(deep, Metadata(icc=LINEAR)), ("deartifact", {"model": half})).pixels
    assert after.dtype == np.uint16
    assert np.abs(after / 65535 - expected).max() < 1.5 / 65535


def test_integers_of_linear_light_come_back_exactly(same: str) -> None:
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1).repeat(3, 2)
    after = ran(Picture(deep, Metadata(icc=LINEAR)), ("deartifact", {"model": same})).pixels
    np.testing.assert_array_equal(after, deep)


@pytest.mark.parametrize("scale", [2, 1.5])
def test_highlights_are_enlarged_with_the_picture(tmp_path: Path, scale: float) -> None:
    double = str(identity_model(tmp_path / "double.onnx", 2))
    pixels = scene(4)
    pixels[..., 3] = 1
    options: dict[str, object] = {"model": double, "scale": scale}
    after = ran(Picture(pixels), ("upscale", options)).pixels
    top, bottom = round(12 * scale), round(18 * scale)
    np.testing.assert_allclose(
        after[top:bottom, top:bottom, :3], np.broadcast_to((4, 2, 1.5), (bottom - top,) * 2 + (3,)), atol=1e-5
    )
    assert after[..., :3].max() <= 4 + 1e-5 and after[..., :3].min() >= -0.2 - 1e-5
    assert (after[..., 3] == 1).all()
    part = ran(Picture(pixels), ("upscale", options), region=Bounds(6, 6, 20, 24)).pixels
    at = np.s_[round(6 * scale) : round(26 * scale), round(6 * scale) : round(30 * scale)]
    np.testing.assert_allclose(part, after[at], atol=1e-5)


def test_a_chain_carries_them_through(same: str, tmp_path: Path) -> None:
    double = str(identity_model(tmp_path / "double.onnx", 2))
    after = ran(Picture(scene()), ("deartifact", {"model": same}), ("upscale", {"model": double})).pixels
    np.testing.assert_allclose(after[26:34, 26:34], np.broadcast_to((4, 2, 1.5), (8, 8, 3)), atol=1e-5)


def test_which_profiles_are_linear() -> None:
    def curves(tag: bytes) -> bytes:
        """A profile that is nothing but curves."""
        at = 132 + 12
        return bytes(128) + (1).to_bytes(4, "big") + b"rTRC" + at.to_bytes(4, "big") + bytes(4) + tag

    ramp = np.linspace(0, 65535, 256).round().astype(">u2").tobytes()
    assert is_linear(LINEAR)
    assert is_linear(curves(b"curv" + bytes(8)))
    assert is_linear(curves(b"curv" + bytes(4) + (1).to_bytes(4, "big") + b"\1\0"))
    assert is_linear(curves(b"curv" + bytes(4) + (256).to_bytes(4, "big") + ramp))
    assert not is_linear(curves(b"curv" + bytes(4) + (1).to_bytes(4, "big") + b"\2\x33"))
    assert not is_linear(curves(b"curv" + bytes(4) + (256).to_bytes(4, "big") + ramp[:100]))
    assert not is_linear(made_profile(D65_SRGB, (2.2,), gray=False))
    assert not is_linear(None) and not is_linear(b"nothing") and not is_linear(bytes(132))


@pytest.mark.parametrize("scale", [1, 2])
def test_what_is_carried_takes_strips_beside_scratch_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scale: int
) -> None:
    monkeypatch.setenv("UNFADE_SCRATCH", str(tmp_path))
    monkeypatch.setattr(scratch, "MOST_HELD", 1 << 20)
    monkeypatch.setattr(carry, "_STRIP_PIXELS", 2**16)
    picture = Picture(np.full((1200, 1000, 3), 1.5, np.float32))  # 14 MB
    made = Picture(np.broadcast_to(np.float32(0.5), (1200 * scale, 1000 * scale, 3)).copy())
    size = Extent(made.height, made.width)
    tracemalloc.start()
    try:
        carried = carry.Carried(picture, linear=False)
        result = carried.back(made, Bounds(0, 0, made.height, made.width), size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (result.pixels == 1).all()  # 0.5, and what was cut off
    assert peak < (6e6, 45e6)[scale - 1]
