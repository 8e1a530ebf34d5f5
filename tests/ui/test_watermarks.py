"""What the window offers for watermarks goes by the model: one that finds none must not promise to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow, settle
from unfade.filters import Stroke
from unfade.models import Source, Variant
from unfade.picture import Picture, write_picture
from unfade.ui.canvas.images import picture_of
from unfade.ui.panels.own import DeartifactPanel
from unfade.ui.preview.plan import Models
from unfade.ui.preview.results import is_mark
from unfade.ui.preview.tiles import Place
from unfade.ui.settings import Settings
from unfade.ui.window import Window


def listed(
    name: str, *, mask: bool, source: Source = Source.USER, variant: Variant = Variant.FAITHFUL
) -> dict:
    return {
        "name": name,
        "path": f"/models/{name}.onnx",
        "filter": "deartifact",
        "variant": variant.value,
        "scale": 1,
        "source": source.value,
        "mask": mask,
        "title": None,
        "halo": 20,
        "tiling": "exact",
    }


def test_the_model_that_runs_decides() -> None:
    own, shipped = listed("own", mask=True), listed("shipped", mask=False, source=Source.SHIPPED)
    models = Models.of({"models": [own, shipped]})
    assert models.finds_mask("deartifact", None) is False
    assert (
        models.finds_mask("deartifact", "own") is models.finds_mask("deartifact", "/models/own.onnx") is True
    )
    assert models.finds_mask("deartifact", "elsewhere.onnx") is None
    assert Models.of({"models": [own]}).finds_mask("deartifact", None) is True
    assert Models().finds_mask("deartifact", None) is None


def with_model(window: Window, name: str, **options: object) -> None:
    window.start_with([{"filter": "deartifact", "options": {"model": name, **options}}])


def test_without_a_mask_removal_is_not_offered(make_window: MakeWindow, picture_file: Path) -> None:
    window = make_window(picture_file, engine="none")
    panel = window.panels.of(DeartifactPanel)
    with_model(window, "clean", watermark=True)
    assert panel.watermark.isEnabled() and panel.watermark.isChecked() and panel.blind.isHidden()
    assert "watermarks" in panel.about.text()
    with_model(window, "blind")
    assert not panel.watermark.isEnabled() and not panel.watermark.isChecked()
    assert panel.blind.isVisible() and "does not find watermarks" in panel.blind.text()
    assert "watermarks" not in panel.about.text()
    assert panel.overlay.isEnabled() and "painted" in panel.overlay.text()
    with_model(window, "clean")
    assert panel.watermark.isEnabled() and not panel.watermark.isChecked()


def test_a_blind_model_works_with_what_was_set_for_another(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, tmp_path: Path
) -> None:
    Settings(tmp_path / "window.ini").set_last_options("deartifact", {"model": "blind", "watermark": False})
    window = make_window(picture_file)
    window.command("deartifact").setChecked(True)
    window.command("upscale").setChecked(False)
    qtbot.waitUntil(lambda: window.preview.plan is not None and window.preview.complete, timeout=WAIT)
    assert window.notice.isHidden()


@pytest.mark.parametrize("model", ["clean", "blind"])
def test_a_painted_mark_is_filled_in_and_shown(
    qtbot: QtBot, make_window: MakeWindow, picture_file: Path, model: str
) -> None:
    window = make_window(picture_file, steps=[{"filter": "deartifact", "options": {"model": model}}])

    def result() -> np.ndarray:
        settle(qtbot, window)
        shown = window.preview.results.image(Place(0, 0))
        assert shown is not None
        return picture_of(shown.image).pixels.astype(int)

    before = result()
    window.document.add_stroke(Stroke("add", 12, ((60.0, 60.0), (120.0, 60.0))))
    after = result()
    scale = before.shape[0] / 256
    row, columns = round(60 * scale), slice(round(60 * scale), round(120 * scale))
    assert np.abs(after - before)[row, columns].mean() > 2  # noise was there, and smoothness is now
    veil = window.preview.results.mask(Place(0, 0))
    qtbot.waitUntil(lambda: window.preview.results.mask(Place(0, 0)) is not None, timeout=WAIT)
    veil = window.preview.results.mask(Place(0, 0))
    assert veil is not None and veil.image.pixelColor(round(90 * scale), row).alpha() > 100


def test_a_watermark_that_is_surely_there_is_shown_and_offered_for_removal(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    pixels = np.full((200, 240, 3), 120, np.uint8)
    write_picture(Picture(pixels), tmp_path / "plain.png")
    pixels[90:110, 60:180] = (250, 20, 20)  # what the test's model takes for one
    write_picture(Picture(pixels), tmp_path / "marked.png")
    steps = [{"filter": "deartifact", "options": {"model": "clean"}}]
    plain = make_window(tmp_path / "plain.png", steps=steps)
    settle(qtbot, plain)
    panel = plain.panels.of(DeartifactPanel)
    assert panel.offer.isHidden() and plain.preview.results.mask(Place(0, 0)) is None

    window = make_window(tmp_path / "marked.png", steps=steps)
    settle(qtbot, window)
    panel = window.panels.of(DeartifactPanel)
    assert not panel.offer.isHidden() and not panel.watermark.isChecked()
    qtbot.waitUntil(lambda: window.preview.results.mask(Place(0, 0)) is not None, timeout=WAIT)
    panel.take_off.click()
    assert window.document.state.options("deartifact").watermark and panel.offer.isHidden()
    window.document.undo()
    assert not panel.offer.isHidden()


def test_what_was_to_go_and_is_not_found_is_said(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    pixels = np.full((200, 240, 3), 120, np.uint8)
    write_picture(Picture(pixels), tmp_path / "plain.png")
    pixels[90:110, 60:180] = (250, 20, 20)
    write_picture(Picture(pixels), tmp_path / "marked.png")
    steps = [{"filter": "deartifact", "options": {"model": "clean", "watermark": True}}]
    window = make_window(tmp_path / "plain.png", steps=steps)
    settle(qtbot, window)
    panel = window.panels.of(DeartifactPanel)
    qtbot.waitUntil(lambda: not panel.remains.isHidden(), timeout=WAIT)
    window.document.add_stroke(Stroke("add", 12, ((60.0, 60.0), (120.0, 60.0))))
    assert panel.remains.isHidden(), "who paints has read it"
    window.document.undo()
    window.document.add_stroke(Stroke("keep", 12, ((60.0, 60.0), (120.0, 60.0))))
    assert not panel.remains.isHidden(), "that takes no watermark off"
    window.document.undo()
    assert not panel.remains.isHidden()
    panel.watermark.click()
    assert panel.remains.isHidden()
    heard: list[float] = []
    window.preview.chosen.connect(lambda chosen: heard.append(chosen.get("watermark_goes")))
    panel.watermark.click()
    window.opener.open_file(tmp_path / "marked.png")
    qtbot.waitUntil(lambda: 1 in heard, timeout=WAIT)
    settle(qtbot, window)
    assert panel.remains.isHidden() and panel.watermark.isChecked()


def test_what_is_offered_is_certain_and_not_little() -> None:
    def mask(rows: int, certain: int) -> np.ndarray:
        found = np.zeros((256, 256), np.uint8)
        found[:rows], found[:certain] = 200, 255
        return found

    assert is_mark(mask(16, 12))
    assert not is_mark(mask(16, 4)), "of letters on things networks are certain of less"
    assert not is_mark(mask(4, 4)), "too little to be told of"
    assert not is_mark(mask(40, 40)), "a page of text"


def test_what_is_painted_is_no_watermark_that_was_found(
    qtbot: QtBot, make_window: MakeWindow, tmp_path: Path
) -> None:
    write_picture(Picture(np.full((200, 240, 3), 120, np.uint8)), tmp_path / "plain.png")
    window = make_window(
        tmp_path / "plain.png", steps=[{"filter": "deartifact", "options": {"model": "clean"}}]
    )
    settle(qtbot, window)
    window.document.add_stroke(Stroke("add", 12, ((60.0, 60.0), (120.0, 60.0))))
    settle(qtbot, window)
    qtbot.waitUntil(lambda: window.preview.results.mask(Place(0, 0)) is not None, timeout=WAIT)
    assert window.panels.of(DeartifactPanel).offer.isHidden()
