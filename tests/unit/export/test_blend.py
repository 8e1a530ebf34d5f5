"""Models between two models of one network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.models import cardless_model, unet_model
from unfade.inference import Device, Session
from unfade.models import ModelCard, Variant
from unfade_export import ExportError
from unfade_export.export import blend_models

from .conftest import Exports

HALF = onnx.TensorProto.FLOAT16


def run(path: Path) -> np.ndarray:
    x = np.random.default_rng(0).random((1, 3, 16, 24), np.float32)
    return Session.open(path, Device.CPU).run({"input": x})["output"]


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    common = {"training_data": "noise", "licence": "CC0-1.0"}
    first = unet_model(tmp_path / "faithful.onnx", 2, seed=0, metrics={"psnr_y": 30.0}, **common)
    second = unet_model(tmp_path / "gan.onnx", 2, seed=1, variant=Variant.GAN, **common)
    return first, second


def test_the_ends_are_the_models_themselves(pair: tuple[Path, Path], tmp_path: Path) -> None:
    for weight, source in ((0.0, pair[0]), (1.0, pair[1])):
        blend_models(*pair, weight, tmp_path / "mix.onnx")
        np.testing.assert_array_equal(run(tmp_path / "mix.onnx"), run(source))


def test_a_blend_lies_between_and_says_so(pair: tuple[Path, Path], tmp_path: Path) -> None:
    card = blend_models(*pair, 0.3, tmp_path / "mix.onnx")
    assert isinstance(card, ModelCard)
    assert (card.name, card.variant, dict(card.metrics)) == ("mix", Variant.GAN, {})
    assert "0.7 faithful + 0.3 gan" in card.title
    assert (card.training_data, card.licence) == ("noise", "CC0-1.0")
    assert Session.open(tmp_path / "mix.onnx", Device.CPU).card == card
    assert not np.array_equal(run(tmp_path / "mix.onnx"), run(pair[0]))
    # the last convolution's output is linear in the weights only where the features agree
    blend_models(pair[0], pair[0], 0.3, tmp_path / "same.onnx")
    np.testing.assert_allclose(run(tmp_path / "same.onnx"), run(pair[0]), atol=1e-6)


@pytest.mark.parametrize("first_is_compact", [True, False])
def test_a_compact_and_a_plain_model(tmp_path: Path, exports: Exports, first_is_compact: bool) -> None:
    """The blend of the weights as they run, stored as the first model's are."""
    paths = {
        (name, compact): exports(seed=seed, **({"compact": True} if compact else {"fp16": True})).path
        for name, seed in (("a", 0), ("b", 1))
        for compact in (True, False)
    }
    first, second = paths["a", first_is_compact], paths["b", not first_is_compact]
    blend_models(first, second, 0.25, tmp_path / "mix.onnx")
    halves = [t.name for t in onnx.load(tmp_path / "mix.onnx").graph.initializer if t.data_type == HALF]
    assert bool(halves) == first_is_compact
    blend_models(paths["a", False], paths["b", False], 0.25, tmp_path / "plain.onnx")
    difference = np.abs(run(tmp_path / "mix.onnx") - run(tmp_path / "plain.onnx")).max()
    assert 0 < difference < 2e-3  # what half precision rounds away
    # The ends are the models themselves, as the first one's file can hold them.
    for weight, name in ((0.0, "a"), (1.0, "b")):
        blend_models(first, second, weight, tmp_path / "end.onnx")
        rounded = first_is_compact or weight == 1.0
        np.testing.assert_allclose(run(tmp_path / "end.onnx"), run(paths[name, rounded]), atol=1e-6)


def test_what_cannot_be_blended(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "mix.onnx"
    (tmp_path / "junk.onnx").write_text("junk")
    cases = [
        (pair[0], unet_model(tmp_path / "wide.onnx", 2, channels=8), 0.5, "not models of one network"),
        (pair[0], unet_model(tmp_path / "x4.onnx", 4), 0.5, "not models of one network"),
        (pair[0], pair[1], 1.5, "The weight must be a number from 0 to 1"),
        (pair[0], tmp_path / "none.onnx", 0.5, "There is no model"),
        (pair[0], tmp_path / "junk.onnx", 0.5, "is not an ONNX model, or damaged"),
        (pair[0], cardless_model(tmp_path / "bare.onnx"), 0.5, "has no Unfade card"),
    ]
    for first, second, weight, sentence in cases:
        with pytest.raises(ExportError, match=sentence):
            blend_models(first, second, weight, out)
    assert not out.exists()
