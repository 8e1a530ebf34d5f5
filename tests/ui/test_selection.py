"""A selection of the editor's in the window: what is shown, asked for and outlined, and where it begins."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, MakeWindow, ramp
from unfade.filters import DeartifactOptions
from unfade.inference import Bounds
from unfade.picture import Picture
from unfade.ui.document import State
from unfade.ui.finishing import Finished
from unfade.ui.preview.compose import compose
from unfade.ui.preview.plan import Models, make_plan
from unfade.ui.preview.tiles import Kept
from unfade.ui.selection import Selection

BOUNDS = Bounds(10, 20, 4, 6)


def feathered() -> Selection:
    mask = np.full((4, 6), 255, np.uint8)
    mask[:, 0], mask[:, -1] = 51, 128
    return Selection(BOUNDS, mask)


def test_the_share_of_a_part() -> None:
    share = feathered().share(Bounds(8, 16, 8, 8))
    assert share.shape == (8, 8)
    np.testing.assert_allclose(share[2:6, 4:8], np.tile([0.2, 1, 1, 1], (4, 1)), atol=1e-6)
    assert share.sum() == share[2:6, 4:8].sum()
    assert not feathered().share(Bounds(100, 100, 3, 3)).any()


def test_the_outline_runs_around_what_is_selected_by_half() -> None:
    assert sorted(feathered().outline) == sorted(
        [(21, 10, 26, 10), (21, 14, 26, 14), (21, 10, 21, 14), (26, 10, 26, 14)]
    )
    ring = np.full((3, 3), 255, np.uint8)
    ring[1, 1] = 0
    assert len(Selection(Bounds(0, 0, 3, 3), ring).outline) == 8


def test_what_is_shown_is_blended_by_the_selection() -> None:
    picture = Picture(np.full((40, 60, 3), 200, np.uint8))
    plan = make_plan(State(frozenset({"deartifact"})).with_all("deartifact", DeartifactOptions()), Models())
    assert plan is not None
    result = [Kept(np.full((40, 60, 3), 100, np.uint8), None)]
    image = compose(plan, result, picture, Bounds(0, 0, 40, 60), lambda: picture.pixels, 1, feathered())
    colours = [image.pixelColor(x, 12).red() for x in (19, 20, 21, 24, 25, 26)]
    assert colours == [200, 180, 100, 100, 150, 200]
    assert image.pixelColor(22, 9).red() == 200 and image.pixelColor(22, 14).red() == 200


def test_only_its_tiles_are_asked_for_and_the_view_begins_there(
    qtbot: QtBot, make_window: MakeWindow
) -> None:
    window = make_window()
    window.start_with([{"filter": "deartifact", "options": {}}])
    selection = Selection(Bounds(900, 1100, 60, 80), np.full((60, 80), 255, np.uint8))
    window.opener.open_picture(ramp(1500, 2000), "Layer 1", selection)
    qtbot.waitUntil(lambda: window.document.picture is not None)
    assert window.document.limit is selection
    viewport = window.canvas.viewport
    assert viewport is not None and viewport.zoom == 1.0
    assert viewport.to_picture((viewport.size.width / 2, viewport.size.height / 2)) == (1140, 930)
    _, wanted = window.preview.results.counts(Bounds(0, 0, 1500, 2000))
    done, _ = window.preview.results.counts(Bounds(0, 0, 700, 900))  # away from it nothing is lacking
    assert wanted > 0 and done == window.preview.results.counts(Bounds(0, 0, 700, 900))[1]
    window.document.change(window.document.state.switched("deartifact", False).switched("upscale", True))
    assert window.document.limit is None


def test_apply_takes_what_is_previewed_of_it_and_runs_no_network_again(
    qtbot: QtBot, make_window: MakeWindow
) -> None:
    window = make_window(steps=[{"filter": "deartifact", "options": {"strength": 0.6}}])
    bounds = Bounds(200, 240, 120, 90)  # parts of four tiles
    selection = Selection(bounds, np.full((120, 90), 255, np.uint8))
    window.opener.open_picture(ramp(600, 700), "Layer 1", selection)
    qtbot.waitUntil(lambda: window.preview.plan is not None and window.preview.complete, timeout=WAIT)
    results: list[Finished] = []
    asked = window.preview.results.whole(bounds)
    assert asked is not None and window.preview.results.whole() is None
    window.whole.run(results.append, bounds)
    assert window.whole._ticket is None, "the engine was asked"
    qtbot.waitUntil(lambda: len(results) == 1, timeout=WAIT)
    window.preview.results.cache.clear()  # now the network has to run
    window.whole.run(results.append, bounds)
    qtbot.waitUntil(lambda: len(results) == 2, timeout=WAIT)
    taken, made = results
    assert taken.region == made.region == bounds
    assert taken.picture.pixels.shape == made.picture.pixels.shape == (120, 90, 3)
    assert np.abs(taken.picture.pixels.astype(int) - made.picture.pixels).max() <= 1
