"""What comes back through the pipe is what the Python interface gives."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import pytest

import unfade
from tests.unit.service.conftest import DEPTHS, Start, picture, pixels_of, shape_of
from unfade.filters import RECIPE_VERSION, Recipe, UpscaleOptions
from unfade.inference import Device, Engine
from unfade.picture import Picture
from unfade.service.client import Client, EngineError
from unfade.service.server import SERVICE_TILE


def here(pixels: Any, **options: Any) -> Any:
    return unfade.upscale(pixels, **options, device="cpu", tile=SERVICE_TILE).pixels


@pytest.mark.parametrize("model", ["double", "net"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_mode_and_depth(engine: Client, channels: int, depth: str, model: str) -> None:
    source = picture(37, 53, channels, depth)
    result = engine.apply("upscale", {"model": model}, *shape_of(source), source)
    assert np.array_equal(pixels_of(result), here(source, model=model))
    if model == "double" and channels in (1, 3):
        expected = source.repeat(2, 0).repeat(2, 1)
        assert np.abs(pixels_of(result).astype(float) - expected).max() <= (1e-6 if depth == "float32" else 0)


@pytest.mark.parametrize(
    "options",
    [
        {"scale": 1.5},
        {"scale": 3, "model": "net"},
        {"scale": 4, "model": "net", "strength": 0.5},
        {"scale": 1, "model": "net", "detail": None},
    ],
)
def test_options(engine: Client, options: dict[str, Any]) -> None:
    source = picture(24, 31, 4)
    result = engine.apply("upscale", options, *shape_of(source), source)
    assert np.array_equal(pixels_of(result), here(source, **options))
    assert result.exact
    assert result.region is None
    assert result.provider == "CPUExecutionProvider"
    assert result.seconds >= result.engine_seconds >= 0


def test_a_picture_of_many_frames_and_tiles(engine: Client) -> None:
    source = picture(900, 700, 4, "u16")
    result = engine.apply("upscale", {"model": "double"}, *shape_of(source), source)
    assert np.array_equal(pixels_of(result), here(source, model="double"))


def test_stripes_in_and_out(engine: Client) -> None:
    source = picture(101, 64, 4, "u16")

    def stripes() -> Iterator[bytes]:
        for y in range(0, 101, 10):
            yield source[y : y + 10].tobytes()

    result = engine.apply("upscale", {"model": "net"}, *shape_of(source), stripes())
    assert np.array_equal(pixels_of(result), here(source, model="net"))
    parts = list(result.stripes(most=10_000))
    assert [y for y, _, _ in parts] == list(accumulate((rows for _, rows, _ in parts[:-1]), initial=0))
    assert len(parts) > 10
    assert b"".join(view for _, _, view in parts) == result.pixels


def test_floats_out_of_range_are_carried_and_no_numbers_become_numbers(engine: Client) -> None:
    source = picture(8, 8, 4, "float32")
    source[2, 2, :3], source[3, 3, :3] = -3, 7
    wild = source.copy()
    wild[0, 0], wild[1, 1], wild[4, 4, 3], wild[5, 5, 3] = np.nan, np.inf, 2, -1
    source[0, 0], source[1, 1] = 0, (65504, 65504, 65504, 1)
    source[4, 4, 3], source[5, 5, 3] = 1, 0
    result = engine.apply("upscale", {"model": "double"}, *shape_of(wild), wild)
    assert np.array_equal(pixels_of(result), here(source, model="double"))


def test_stored_pictures(engine: Client) -> None:
    source, other = picture(20, 30), picture(30, 20, 4, "u16", seed=1)
    engine.store("layer", *shape_of(source), source)
    engine.store("other", *shape_of(other), other)
    first = engine.submit_stored("upscale", {"model": "net"}, "layer")
    second = engine.submit_stored("upscale", {"model": "double"}, "other")
    assert np.array_equal(pixels_of(second.result()), here(other, model="double"))
    assert np.array_equal(pixels_of(first.result()), here(source, model="net"))
    engine.store("layer", *shape_of(other), other)  # replaces it
    again = engine.submit_stored("upscale", {"model": "net"}, "layer").result()
    assert np.array_equal(pixels_of(again), here(other, model="net"))
    for name in ("layer", "other"):
        engine.forget(name)
    with pytest.raises(EngineError, match="No picture is stored under the name 'layer'") as failure:
        engine.submit_stored("upscale", {}, "layer").result()
    assert failure.value.kind == "usage"


RECIPE = {
    "steps": [
        {"filter": "deartifact", "options": {"model": "clean"}},
        {"filter": "upscale", "options": {"model": "net", "scale": 1.5}},
    ]
}


def test_recipes_and_masks(engine: Client) -> None:
    source = picture(40, 60, 4)
    source[10:20, 10:40] = (255, 20, 20, 255)  # what the model takes for a watermark
    runner = Recipe.from_json(RECIPE).open(Engine(Device.CPU, tile=SERVICE_TILE))
    expected = runner.run(Picture(source), want_mask=True)
    result = engine.apply(None, None, *shape_of(source), source, recipe=RECIPE, title="A layer")
    assert np.array_equal(pixels_of(result), expected.picture.pixels)
    assert result.model == "clean + net"
    assert expected.mask is not None
    assert result.mask == expected.mask.tobytes()
    assert expected.mask.max() > 200
    engine.store("layer", *shape_of(source), source)
    part = engine.submit_stored(None, None, "layer", recipe=RECIPE, region=(8, 8, 20, 30)).result()
    assert part.exact
    assert part.region == (12, 12, 30, 45)
    assert np.abs(pixels_of(part).astype(int) - expected.picture.pixels[12:42, 12:57]).max() <= 1
    mask = np.frombuffer(part.mask, np.uint8).reshape(30, 45)
    assert np.abs(mask.astype(int) - expected.mask[12:42, 12:57]).max() <= 1
    assert engine.submit_stored("upscale", {"model": "net"}, "layer").result().mask is None


def test_what_was_asked_for_and_not_done_is_told(engine: Client) -> None:
    source = picture(40, 60, 3)
    steps = [
        {"filter": "deartifact", "options": {"model": "clean", "watermark": True}},
        {"filter": "upscale", "options": {"model": "net", "scale": 2}},
    ]
    (said,) = engine.apply(None, None, *shape_of(source), source, recipe={"steps": steps}).warnings
    assert said.startswith("No watermark was found; ")
    steps[0]["options"] = {"model": "clean"}
    assert engine.apply(None, None, *shape_of(source), source, recipe={"steps": steps}).warnings == ()


def test_hints_and_strokes_travel_as_lists(engine: Client) -> None:
    source = picture(40, 60)
    strokes = [{"mode": "keep", "radius": 5, "points": [[20.5, 20.5], [30.5, 20.5]]}]
    options = {"model": "clean", "strokes": strokes}
    result = pixels_of(engine.apply("deartifact", options, *shape_of(source), source))
    assert np.array_equal(result[20, 20:31], source[20, 20:31])
    assert not np.array_equal(result[35, 20:31], source[35, 20:31])
    with pytest.raises(EngineError, match="hint's color must be like") as failure:
        hints = [{"x": 1, "y": 1, "color": "red"}]
        engine.apply("colorize", {"hints": hints}, *shape_of(source), source)
    assert failure.value.kind == "usage"


def test_list_describes_what_the_command_line_takes(engine: Client) -> None:
    reply = engine.list()
    (upscale,) = (entry for entry in reply["filters"] if entry["name"] == "upscale")
    options = {option["name"]: option for option in upscale["options"]}
    assert list(options) == [field.name for field in dataclasses.fields(UpscaleOptions)]
    assert options["scale"]["type"] == "float"
    assert (options["scale"]["default"], options["scale"]["low"], options["scale"]["high"]) == (2.0, 1, 4)
    assert options["detail"]["optional"]
    assert options["detail"]["default"] is None
    assert options["model"]["type"] == "str"
    assert all(option["help"] for option in options.values())
    kinds = {option["name"]: option for entry in reply["filters"] for option in entry["options"]}
    for name in ("hints", "strokes"):
        assert (kinds[name]["type"], kinds[name]["default"], kinds[name]["optional"]) == (name, [], False)
    assert reply["recipes"] == RECIPE_VERSION
    assert {"double", "net", "upscale-x2"} <= {model["name"] for model in reply["models"]}
    assert reply["provider"] == "CPUExecutionProvider"
    assert reply["provider_label"] == "CPU"
    assert (reply["device"], reply["fallback"], reply["trouble"]) == ("cpu", None, None)


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"scle": 2}, "usage", "The filter upscale has no option 'scle': did you mean scale?"),
        ({"scale": 9}, "usage", "scale must be a number from 1 to 4, not 9."),
        ({"scale": True}, "usage", "scale must be a number."),
        ({"detail": "lots"}, "usage", "detail must be a number or null."),
        ({"model": "nett"}, "model", "There is no model 'nett': did you mean net?"),
        ({"model": "a\0b.onnx"}, "usage", "model must be at most 4096 printable characters."),
        ({"model": "net", "detail": 0.5}, "usage", "detail chooses between the models"),
        ({"model": "broken"}, "model", "The model broken gave values that are no numbers"),
    ],
)
def test_refused_options(engine: Client, options: dict[str, Any], kind: str, sentence: str) -> None:
    source = picture(10, 12)
    with pytest.raises(EngineError) as failure:
        engine.apply("upscale", options, *shape_of(source), source)
    assert str(failure.value).startswith(sentence)
    assert failure.value.kind == kind
    assert engine.apply("upscale", {"model": "double"}, *shape_of(source), source).height == 20


def test_a_refusal_while_a_large_picture_is_sent(engine: Client) -> None:
    source = picture(2000, 2000, 4)
    with pytest.raises(EngineError, match="no filter 'upscal': did you mean upscale"):
        engine.apply("upscal", {}, *shape_of(source), source)


@pytest.mark.parametrize("wrong", [-1, 1])
def test_pixels_that_do_not_fit_the_size(engine: Client, wrong: int) -> None:
    with pytest.raises(
        EngineError, match="10 x 12 pixels with 3 channels of u8 are 360 bytes, not"
    ) as failure:
        engine.apply("upscale", {}, 10, 12, 3, "u8", bytes(360 + wrong))
    assert failure.value.kind == "usage"
    assert engine.alive


def test_two_engines_side_by_side(start: Start) -> None:
    sources = [picture(150, 130, seed=seed) for seed in (1, 2)]
    results: dict[int, Any] = {}

    def run(index: int, client: Client) -> None:
        results[index] = client.apply("upscale", {"model": "net"}, *shape_of(sources[index]), sources[index])

    threads = [threading.Thread(target=run, args=(index, start())) for index in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in (0, 1):
        assert np.array_equal(pixels_of(results[index]), here(sources[index], model="net"))
