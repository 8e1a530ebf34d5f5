"""What the engine is asked for, what is blended here, and in which order tiles come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.conftest import ramp
from unfade.filters import Hint, Mix, Stroke, all_filters, mixed, scaled_bounds
from unfade.inference import Bounds, Extent
from unfade.models import Variant
from unfade.ui.canvas.images import Pyramid, reduced
from unfade.ui.document import ORDER, State
from unfade.ui.preview.plan import Models, Plan, Under, make_plan
from unfade.ui.preview.tiles import TILE, Kept, Place, TileCache, bounds_of, hull, next_block, places_in

BOTH = Models(
    {("upscale", Variant.FAITHFUL): frozenset({2, 4}), ("upscale", Variant.GAN): frozenset({2})},
    frozenset(ORDER),
    reach={"upscale": 20, "deartifact": 40},
)


def plan_of(state: State, models: Models = BOTH) -> Plan:
    plan = make_plan(state, models)
    assert plan is not None
    return plan


def on(*tasks: str) -> State:
    return State(frozenset(tasks))


LIVE = [(one.name, option) for one in all_filters() for option in one.live_options if option != "detail"]


@pytest.mark.parametrize(("name", "option"), LIVE)
def test_moving_what_can_be_blended_asks_for_nothing_new(name: str, option: str) -> None:
    first = {"grain": 0.1} if option == "grain" else {}  # none is not asked for: it takes the whole picture
    plain = plan_of(on(name).with_options(name, **first))
    moved = plan_of(on(name).with_options(name, **{option: 0.25}))
    assert [layer.key for layer in plain.layers] == [layer.key for layer in moved.layers]
    assert getattr(moved.blend, option) == 0.25


def test_the_live_options_are_those_of_the_filters() -> None:
    known = {("upscale", "strength"), ("deartifact", "strength"), ("colorize", "strength")}
    assert known | {("colorize", "saturation")} <= set(LIVE)


def test_detail_between_two_models_blends_their_results_in_one_pass_only() -> None:
    state = on("upscale").with_options("upscale", detail=0.3, scale=2.0)
    plan = plan_of(state)
    assert [layer.state.options("upscale").detail for layer in plan.layers] == [0.0, 1.0]
    assert plan.blend.detail == 0.3
    twice = plan_of(state.with_options("upscale", scale=3.0))  # the GAN's x2 has to run twice
    assert twice.other is None and twice.result.state.options("upscale").detail == 0.3
    assert plan_of(state, Models()).other is None


def test_in_a_chain_the_last_filter_alone_is_blended_here() -> None:
    state = on("deartifact", "upscale").with_options("deartifact", strength=0.5)
    plan = plan_of(state.with_options("upscale", strength=0.5))
    assert plan.blend.plain
    assert plan.result.steps[0]["options"] == {"strength": 0.5}
    assert plan.result.steps[1]["options"] == {"strength": 0.5}
    coloured = plan_of(on("deartifact", "colorize").with_options("colorize", strength=0.5))
    assert coloured.under is Under.LAYER and coloured.before is not None
    assert [step["filter"] for step in coloured.before.steps] == ["deartifact"]


def test_options_of_filters_that_are_off_do_not_matter() -> None:
    other = on("upscale").with_options("colorize", hints=(Hint(1, 1, "#ffffff"),))
    assert plan_of(on("upscale")).result.key == plan_of(other).result.key
    assert make_plan(State(), BOTH) is None


def test_a_stroke_changes_the_tiles_around_it_alone() -> None:
    extent = Extent(4000, 4000)
    stroke = Stroke("add", 10, ((100.0, 100.0), (150.0, 100.0)))
    bare = plan_of(on("deartifact"))
    painted = plan_of(on("deartifact").with_options("deartifact", strokes=(stroke,)))
    near, far = Bounds(0, 0, TILE, TILE), Bounds(2048, 2048, TILE, TILE)
    assert painted.near(near, extent).result.key != bare.result.key
    assert painted.near(far, extent).result.key == bare.result.key


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_blends_are_linear_and_keep_alpha(dtype: type) -> None:
    peak = 1 if dtype is np.float32 else np.iinfo(dtype).max
    result = np.array([[[0.8 * peak, 0.4 * peak, 0.2 * peak, 0.5 * peak]]]).astype(dtype)
    under = np.array([[[0.2 * peak]]]).astype(dtype)
    half = mixed(result, Mix(strength=0.5), other=None, under=under) / peak
    assert np.allclose(half, [[[0.5, 0.3, 0.2, 0.5]]], atol=0.005)
    gray = mixed(result, Mix(saturation=0), other=None, under=None)[0, 0] / peak
    assert np.allclose(gray[:3], 0.299 * 0.8 + 0.587 * 0.4 + 0.114 * 0.2, atol=0.005)
    other = np.zeros_like(result)
    halfway = mixed(result, Mix(detail=0.25), other=other, under=None)[0, 0, 0] / peak
    assert halfway == pytest.approx(0.6, abs=0.005)


@settings(max_examples=60)
@given(
    height=st.integers(1, 1500),
    width=st.integers(1, 1500),
    scale=st.one_of(st.sampled_from([1.0, 1.5, 2.0, 3.0, 4.0]), st.floats(1, 4)),
)
def test_tiles_cover_the_result_without_gap_or_overlap(height: int, width: int, scale: float) -> None:
    extent = Extent(height, width)
    whole = scaled_bounds(Bounds(0, 0, height, width), scale)
    covered = np.zeros((whole.height, whole.width), np.uint8)
    for place in places_in(Bounds(0, 0, height, width), extent):
        at = scaled_bounds(bounds_of(place, extent), scale)
        covered[at.y : at.bottom, at.x : at.right] += 1
    assert (covered == 1).all()


def test_what_is_in_view_comes_first_from_the_middle_and_the_rest_after_it() -> None:
    extent, view = Extent(2048, 2048), Bounds(512, 512, 512, 512)
    done: set[Place] = set()
    blocks = []
    while block := next_block(view, extent, lambda place: place not in done, rest=True):
        assert not done.intersection(block)
        bounds = hull(block, extent)
        assert bounds.height * bounds.width == TILE * TILE * len(block)
        done.update(block)
        blocks.append(block)
    seen = set(places_in(view, extent))
    assert len(blocks[0]) == 1  # is seen soonest
    first = set[Place]().union(*blocks[:3])
    assert first == seen  # 512 x 512 in three requests
    assert all(len(block) == 1 for block in blocks[3:])  # what is new in view does not wait for long
    assert len(done) == 64
    assert next_block(view, extent, lambda place: place not in seen, rest=False) == []


def test_the_cache_shrinks_what_was_not_looked_at_and_then_lets_go() -> None:
    tile = np.zeros((256, 256, 3), np.uint8)
    cache = TileCache(budget=3 * tile.nbytes)
    for column in range(3):
        cache.put("key", Place(0, column), Kept(tile, None))
    assert cache.get("key", Place(0, 0)) is not None  # looked at: the second is now the oldest
    cache.put("key", Place(0, 3), Kept(tile, None))
    assert [cache.has("key", Place(0, column), 1) for column in range(4)] == [True, False, False, True]
    assert cache.has("key", Place(0, 1), 4)
    assert cache.bytes <= cache.budget
    for column in range(4, 40):
        cache.put("key", Place(0, column), Kept(tile, None))
    assert cache.bytes <= cache.budget
    assert not cache.has("key", Place(0, 1), 8)


def test_levels_are_means_and_round_up() -> None:
    pixels = ramp(5, 7).pixels
    half = reduced(pixels, 2)
    assert half.shape == (3, 4, 3)
    assert abs(int(half[0, 0, 0]) - pixels[:2, :2, 0].mean()) <= 1
    pyramid = Pyramid(ramp(100, 60))
    assert pyramid.level(3).shape == (13, 8, 3)
    assert pyramid.part(1, Bounds(10, 5, 20, 10)).pixels.shape == (20, 10, 3)
