"""Which models run for a scale and a detail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models import Network, make_card
from unfade.errors import ModelError
from unfade.filters.upscale import choose_members, choose_passes
from unfade.models import Model, Source, Variant


def model(name: str, scale: int = 2, variant: Variant = Variant.FAITHFUL, **more: object) -> Model:
    network = Network()
    card = make_card(network, network.nearest(network.input, scale), name=name, variant=variant)
    source = more.get("source", Source.SHIPPED)
    assert isinstance(source, Source)
    return Model(Path(name), card, source)


X2, X4 = model("x2"), model("x4", 4)
X2_GAN = model("x2-gan", 2, Variant.GAN)


@pytest.mark.parametrize(
    ("scale", "natives", "passes"),
    [
        (2, [2], (2,)),
        (1, [2], (2,)),
        (1.5, [2], (2,)),
        (3, [2], (2, 2)),
        (4, [2], (2, 2)),
        (2, [2, 4], (2,)),
        (2.1, [2, 4], (4,)),
        (4, [4, 2], (4,)),
        (1.5, [4], (4,)),
        (4, [2, 3], (2, 2)),
        (3.5, [3], (3, 3)),
        (2, [1, 2], (2,)),
    ],
)
def test_passes(scale: float, natives: list[int], passes: tuple[int, ...]) -> None:
    assert choose_passes(scale, natives) == passes


@pytest.mark.parametrize("natives", [[], [1]])
def test_a_scale_out_of_reach_is_refused(natives: list[int]) -> None:
    with pytest.raises(ModelError, match="No installed model reaches scale 4"):
        choose_passes(4, natives)


@pytest.mark.parametrize(
    ("models", "detail", "expected"),
    [
        ([X2, X4], None, {2: ["x2"], 4: ["x4"]}),
        ([X2_GAN], None, {2: ["x2-gan"]}),
        ([X2, X2_GAN], None, {2: ["x2", "x2-gan"]}),  # the picture decides
        ([X2, X2_GAN], 0.0, {2: ["x2"]}),
        ([X2, X2_GAN], 1.0, {2: ["x2-gan"]}),
        ([X2, X2_GAN, X4], 0.25, {2: ["x2", "x2-gan"]}),
    ],
)
def test_members(models: list[Model], detail: float | None, expected: dict[int, list[str]]) -> None:
    members = choose_members(models, detail)
    assert {scale: [m.card.name for m in one.models] for scale, one in members.items()} == expected
    assert all(sum(one.weights) == 1 for one in members.values())


def test_weights_follow_detail() -> None:
    assert choose_members([X2, X2_GAN], 0.25)[2].weights == (0.75, 0.25)


def test_the_shipped_model_comes_before_the_users() -> None:
    own = model("a-own", source=Source.USER)
    assert choose_members([own, X2], None)[2].models == (X2,)


@pytest.mark.parametrize(
    ("models", "detail", "sentence"),
    [
        ([], None, "No model for enlarging is installed"),
        ([X2], 0.5, "detail 0.5 needs a GAN model"),
        ([X2], 1.0, "detail 1 needs a GAN model"),
        ([X2_GAN], 0.0, "detail 0 needs a faithful model"),
    ],
)
def test_what_is_not_installed_is_said(models: list[Model], detail: float | None, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        choose_members(models, detail)


def test_models_of_other_filters_are_left_out() -> None:
    network = Network()
    card = make_card(network, network.nearest(network.input, 2), name="x", task="colorize")
    with pytest.raises(ModelError, match="No model for enlarging"):
        choose_members([Model(Path("x"), card, Source.SHIPPED)], None)
