"""The window as a server, driven by the editors' client through real pipes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.models import colouring_model, identity_model
from tests.ui.conftest import ramp
from tests.ui.engines import SharedEngine
from tests.unit.picture.samples import display_p3
from unfade.service.client import Client, EngineError, Result

DRIVER = Path(__file__).with_name("host_driver.py")
UPSCALE = {"scale": 2.0, "model": "double"}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A home of its own, so that no settings of yesterday are found."""
    names = ("CONFIG", "DATA", "STATE", "CACHE")
    return {"HOME": str(tmp_path), **{f"XDG_{name}_HOME": str(tmp_path / name) for name in names}}


def window(what: str, home: dict[str, str]) -> Client:
    return Client([sys.executable, str(DRIVER), what], window=True, environment=home)


def apply(client: Client, filter: str, options: dict[str, object]) -> Result:
    pixels = ramp(60, 80, 4).pixels
    return client.apply(filter, options, 80, 60, 4, "u8", pixels.tobytes(), title="Layer 1")


def test_apply_hands_the_result_back_and_what_was_done(
    shared_engine: SharedEngine, home: dict[str, str]
) -> None:
    with window("apply", home) as client:
        engine = shared_engine.client
        for scale in (2, 3):  # a second picture gets a second window, also at once
            result = apply(client, "upscale", {**UPSCALE, "scale": scale})
            assert (result.height, result.width, result.channels) == (60 * scale, 80 * scale, 4)
            pixels = ramp(60, 80, 4).pixels.tobytes()
            again = engine.apply(None, None, 80, 60, 4, "u8", pixels, recipe=result.recipe)
            assert result.pixels == again.pixels


def test_the_result_has_the_profile_that_was_sent(
    shared_engine: SharedEngine, home: dict[str, str], tmp_path: Path
) -> None:
    """The editor gets values of its own profile, as from the engine without a window."""
    options = {"model": str(colouring_model(tmp_path / "tint.onnx"))}
    pixels = ramp(60, 80, 4).pixels.tobytes()
    with window("apply", home) as client:
        result = client.apply("colorize", options, 80, 60, 4, "u8", pixels, icc=display_p3())
    engine, recipe = shared_engine.client, result.recipe
    again = engine.apply(None, None, 80, 60, 4, "u8", pixels, recipe=recipe, icc=display_p3())
    plain = engine.apply(None, None, 80, 60, 4, "u8", pixels, recipe=recipe)
    assert result.pixels == again.pixels
    found, srgb = (np.frombuffer(r.pixels, np.uint8).astype(int) for r in (result, plain))
    assert np.abs(found - srgb).max() > 6


def test_closing_the_window_changes_nothing(home: dict[str, str]) -> None:
    with window("close", home) as client:
        with pytest.raises(EngineError, match="nothing was changed") as error:
            apply(client, "upscale", UPSCALE)
        assert error.value.kind == "cancelled"
        assert client.alive


def test_what_cannot_be_shown_is_refused(home: dict[str, str]) -> None:
    with window("wait", home) as client:
        with pytest.raises(EngineError) as error:
            apply(client, "sharpen", {})
        assert error.value.kind == "usage"
        with pytest.raises(EngineError, match="apply and cancel"):
            client.list()


def test_the_end_of_the_editor_closes_the_window(home: dict[str, str], tmp_path: Path) -> None:
    client = window("wait", home)
    pixels = ramp(60, 80).pixels
    client.submit("upscale", UPSCALE, 80, 60, 3, "u8", pixels.tobytes())
    for _ in range(600):
        if (tmp_path / "shown").exists():
            break
        time.sleep(0.1)
    client.close(timeout=30)
    with pytest.raises(ProcessLookupError):
        os.kill(client.pid, 0)


def test_a_selection_limits_the_run_to_its_region(
    shared_engine: SharedEngine, home: dict[str, str], tmp_path: Path
) -> None:
    """The result is that of the region, as without a window; the editor blends it by its selection."""
    options = {"model": str(identity_model(tmp_path / "same.onnx", task="deartifact"))}
    pixels, region = ramp(300, 400).pixels, (100, 120, 40, 50)
    mask = bytes(255 - i % 100 for i in range(40 * 50))
    image = (400, 300, 3, "u8", pixels.tobytes())
    with window("apply", home) as client:
        result = client.apply("deartifact", options, *image, region=region, selection=mask)
        assert result.region == region and (result.height, result.width) == (40, 50)
        again = shared_engine.client.apply(None, None, *image, recipe=result.recipe, region=region)
        assert result.pixels == again.pixels
        large = client.apply("upscale", UPSCALE, *image, region=region, selection=mask)  # all of it grows
        assert large.region is None and (large.height, large.width) == (600, 800)
        with pytest.raises(EngineError, match="for a region its selection"):
            client.apply("deartifact", options, *image, region=region)
        with pytest.raises(EngineError, match="must lie inside the picture"):
            client.apply("deartifact", options, *image, region=(280, 0, 40, 50), selection=mask)
        with pytest.raises(EngineError, match="more pixels"):
            client.apply("deartifact", options, *image, region=region, selection=mask + mask)
