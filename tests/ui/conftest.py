"""A screen that is none, models that are tiny, and windows with an engine or without."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.models import cleaning_model, colouring_model, unet_model
from tests.ui.engines import SharedEngine, connect
from unfade.picture import Picture, write_picture
from unfade.ui.language import install_language
from unfade.ui.link import EngineLink
from unfade.ui.settings import Settings
from unfade.ui.window import Window

WAIT = 90_000
"""Milliseconds for an engine on a busy machine."""


def ramp(height: int, width: int, channels: int = 3) -> Picture:
    """A picture of slow gradients with a little noise, 8 bits."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    planes = [x / width * 200, y / height * 200, (x + y) / (width + height) * 200, np.full_like(x, 255.0)]
    pixels = np.stack(planes[:channels], axis=-1) + random.integers(0, 20, (height, width, 1))
    return Picture(np.ascontiguousarray(np.clip(pixels, 0, 255).astype(np.uint8)))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model for each filter, and one for De-artifact that finds no watermarks."""
    folder = tmp_path_factory.mktemp("models")
    unet_model(folder / "double.onnx", 2)
    cleaning_model(folder / "clean.onnx")
    cleaning_model(folder / "blind.onnx", mask=False)
    colouring_model(folder / "colour.onnx")
    return folder


@pytest.fixture(autouse=True)
def _tiny_models(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny models beside the shipped ones, in this process and the engines it starts; asked for by path."""
    monkeypatch.setenv("UNFADE_MODELS", str(model_folder))


@pytest.fixture
def picture_file(tmp_path: Path) -> Path:
    """A PNG of 300 x 280 pixels: two tiles a side."""
    write_picture(ramp(280, 300), tmp_path / "ramp.png")
    return tmp_path / "ramp.png"


@pytest.fixture(scope="session")
def shared_engine(model_folder: Path) -> Iterator[SharedEngine]:
    """The engine of all windows whose subject is not an engine's life."""
    engine = SharedEngine(model_folder)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def listing(shared_engine: SharedEngine) -> dict[str, Any]:
    """What a real engine says that it has, for windows without one."""
    return shared_engine.client.list()


def settle(qtbot: QtBot, window: Window) -> None:
    """Waits until all results in view have come and are painted, nothing being made or fading in any more."""

    def settled() -> bool:
        if not (window.preview.complete and window.canvas.settled):
            return False
        window.canvas.repaint()  # something may have come since the last frame
        return window.canvas.settled

    qtbot.waitUntil(settled, timeout=WAIT)


@pytest.fixture(autouse=True)
def _look_and_language_as_before(qapp: QApplication) -> Iterator[None]:
    """What a test chooses for the one application of all tests goes with it."""
    palette, sheet = qapp.palette(), qapp.styleSheet()
    yield
    if qapp.styleSheet() != sheet:
        qapp.setStyleSheet(sheet)
        qapp.setPalette(palette)
    install_language(qapp, "en")


MakeWindow = Callable[..., Window]


@pytest.fixture
def make_window(
    qtbot: QtBot, tmp_path: Path, shared_engine: SharedEngine, listing: dict[str, Any]
) -> Iterator[MakeWindow]:
    """Makes a window of 800 x 600 that knows what an engine has; it is closed after the test.

    ``steps`` are there before the picture is; without them a window begins with Upscale. The engine is the
    one that all tests share, or the window's own; or "none" where no filter is to be run: the window is told
    what an engine would tell, and nothing that it asks for comes.
    """
    windows: list[Window] = []

    def make(
        picture: Path | None = None,
        *,
        steps: Sequence[dict[str, Any]] | None = None,
        engine: Literal["shared", "own", "none"] = "shared",
        hosted: bool = False,
    ) -> Window:
        link = EngineLink(connect if engine == "own" else shared_engine.lend)
        window = Window(Settings(tmp_path / "window.ini"), link, hosted=hosted)
        windows.append(window)
        window.resize(800, 600)
        window.show()
        if engine == "none":
            link.listed.emit(copy.deepcopy(listing))
        else:
            with qtbot.waitSignal(link.listed, timeout=WAIT):
                link.start()
        if steps is not None:
            window.start_with(steps)
        if picture is not None:
            window.opener.open_file(picture)
            qtbot.waitUntil(lambda: window.document.picture is not None, timeout=WAIT)
        return window

    yield make
    for window in windows:
        window.close()
        window.deleteLater()
