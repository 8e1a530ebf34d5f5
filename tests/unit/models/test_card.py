"""The card survives its JSON, and a damaged one says what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfade.errors import ModelError
from unfade.models import METADATA_KEY, ModelCard, Tensor, Tiling, Variant

names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,20}", fullmatch=True)
finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=40)
titles = st.text(min_size=1, max_size=20)
counts = st.integers(1, 10**9)
tensors = st.builds(
    Tensor,
    name=titles,
    channels=st.integers(1, 64),
    range=st.tuples(finite, finite).filter(lambda pair: pair[0] < pair[1]),
    colour_space=titles,
)
cards = st.builds(
    ModelCard,
    name=names,
    title=titles,
    task=st.sampled_from(["upscale", "deartifact", "colorize"]) | titles,
    scale=st.integers(1, 8),
    variant=st.sampled_from(Variant),
    inputs=st.lists(tensors, min_size=1, max_size=3).map(tuple),
    outputs=st.lists(tensors, min_size=1, max_size=3).map(tuple),
    size_multiple=st.integers(1, 64),
    halo=st.integers(0, 500),
    tiling=st.sampled_from(Tiling),
    working_size=counts,
    recipe=texts,
    training_data=texts,
    metrics=st.dictionaries(texts, finite, max_size=3),
    licence=texts,
    parameters=st.none() | counts,
    macs_per_pixel=st.none() | counts,
)


@given(cards)
def test_round_trip(card: ModelCard) -> None:
    metadata = card.to_metadata()
    assert list(metadata) == [METADATA_KEY]
    assert metadata[METADATA_KEY].isascii()
    again = ModelCard.from_metadata({"other": "thing", **metadata})
    assert again == card and again.to_metadata() == metadata


def test_a_fixed_size() -> None:
    card = replace(example(), fixed_size=(24, 48))
    assert ModelCard.from_metadata(card.to_metadata()) == card
    assert "fixed_size" not in example().to_metadata()[METADATA_KEY]


def test_no_card() -> None:
    assert ModelCard.from_metadata({"producer": "torch"}) is None


def example() -> ModelCard:
    picture = Tensor("x", 3, (0.0, 1.0), "sRGB")
    return ModelCard("up", "Up", "upscale", 2, Variant.FAITHFUL, (picture,), (picture,), 4, 9, Tiling.EXACT)


def test_any_filter_may_have_models() -> None:
    card = ModelCard.from_metadata({METADATA_KEY: changed(task="sharpen")})
    assert card is not None and card.task == "sharpen"
    assert type(example().task) is str and example().task == "upscale"


def test_cards_can_be_hashed() -> None:
    assert len({example(), example()}) == 1


def changed(**fields: Any) -> str:
    record = json.loads(example().to_metadata()[METADATA_KEY])
    record.update(fields)
    return json.dumps({key: value for key, value in record.items() if value != "<gone>"})


TENSOR = {"name": "x", "channels": 3, "range": [0, 1], "colour_space": "sRGB", "layout": "NCHW"}

DAMAGED = [
    ("", "not JSON"),
    ("{", "not JSON"),
    ("[" * 100_000, "not JSON"),
    ("[1]", "not a JSON object"),
    ("null", "not a JSON object"),
    (changed(version="<gone>"), "'version' is missing"),
    (changed(version=0), "'version' must be 1, not 0"),
    (changed(version="1"), "'version' must be a whole number, not \"1\""),
    (changed(name="<gone>"), "'name' is missing"),
    (changed(name="a b"), "'name' must be one word"),
    (changed(name="../x"), "'name' must be one word"),
    (changed(name=7), "'name' must be text, not 7"),
    (changed(title=""), "'title' must not be empty"),
    (changed(task=""), "'task' must not be empty"),
    (changed(task=["upscale"]), "'task' must be text, not [\"upscale\"]"),
    (changed(task=None), "'task' must be text, not null"),
    (changed(variant=None), "'variant' must be one of faithful, gan"),
    (changed(scale=0), "'scale' must be at least 1, not 0"),
    (changed(scale=2.0), "'scale' must be a whole number, not 2.0"),
    (changed(scale=True), "'scale' must be a whole number, not true"),
    (changed(size_multiple=-4), "'size_multiple' must be at least 1"),
    (changed(halo=-1), "'halo' must not be negative"),
    (changed(tiling="whole"), "needs a 'working_size'"),
    (changed(tiling="seams"), "'tiling' must be one of exact, blend, whole"),
    (changed(working_size=0), "'working_size' must be at least 1"),
    (changed(parameters="many"), "'parameters' must be a whole number"),
    (changed(metrics={"psnr": "good"}), "'metrics' must be an object of numbers"),
    (changed(metrics=[38.0]), "'metrics' must be an object of numbers"),
    (changed(metrics={"psnr": float("nan")}), "must be a finite number"),
    (changed(inputs=[]), "a model needs an input"),
    (changed(outputs={}), "'outputs' must be a list"),
    (changed(inputs=["x"]), "a tensor must be an object"),
    (changed(inputs=[{**TENSOR, "channels": 0}]), "'channels' must be at least 1"),
    (changed(inputs=[{**TENSOR, "range": [0]}]), "'range' must be a list of two numbers"),
    (changed(inputs=[{**TENSOR, "range": [1, 0]}]), "'range' must be two growing numbers"),
    (changed(inputs=[{**TENSOR, "range": [0, 10**400]}]), "'range' must be a list of two numbers"),
    (changed(inputs=[{**TENSOR, "layout": "NHWC"}]), "'layout' must be NCHW"),
    (changed(inputs=[{**TENSOR, "gamma": 2}]), "'gamma' is not known"),
    (changed(fixed_size=[24]), "'fixed_size' must be a height and a width"),
    (changed(fixed_size=[24, 24.0]), "'fixed_size' must be a height and a width"),
    (changed(fixed_size=[24, 26]), "'fixed_size' must be multiples of 4 from 24, not 24 and 26"),
    (changed(fixed_size=[20, 24]), "'fixed_size' must be multiples of 4 from 24, not 20 and 24"),
    (changed(fixed_size=[24, 24], tiling="whole", working_size=64), "that runs whole has no 'fixed_size'"),
    (changed(colour="red"), "'colour' is not known"),
    (changed(recipe="<gone>"), "'recipe' is missing"),
    (changed(inputs=[{**TENSOR, "channels": "3"}]), "'channels' must be a whole number, not \"3\""),
    (changed(recipe="x" * (1 << 20)), "longer than 1,048,576 characters"),
]


@pytest.mark.parametrize(("text", "complaint"), DAMAGED)
def test_damaged(text: str, complaint: str) -> None:
    with pytest.raises(ModelError) as caught:
        ModelCard.from_metadata({METADATA_KEY: text})
    assert str(caught.value).startswith("the card is damaged: ")
    assert complaint in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_card_or_an_error(text: str) -> None:
    with pytest.raises(ModelError):
        ModelCard.from_metadata({METADATA_KEY: text})


def test_newer_card() -> None:
    with pytest.raises(ModelError, match=r"version 2.*update Unfade"):
        ModelCard.from_metadata({METADATA_KEY: changed(version=2, surprise=1)})
