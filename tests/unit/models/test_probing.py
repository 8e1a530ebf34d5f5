"""Models without a card: found out by running them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.models import Network, cardless_model, unet_model, with_metadata
from tests.unit.inference.graphs import reshaping_model
from unfade.errors import ModelError
from unfade.inference import Device, Session, probe_file
from unfade.models import Tiling, Variant, card_of, find_model, list_models


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_scale_and_task(tmp_path: Path, scale: int) -> None:
    card = card_of(cardless_model(tmp_path / "Some Model.onnx", scale), probe_file)
    assert (card.name, card.title, card.scale) == ("Some-Model", "Some Model", scale)
    expected = ("upscale", Variant.GAN) if scale > 1 else ("deartifact", Variant.FAITHFUL)
    assert (card.task, card.variant) == expected
    assert (card.size_multiple, card.tiling) == (1, Tiling.BLEND)
    assert (card.inputs[0].name, card.outputs[0].name) == ("input", "output")


def test_a_size_multiple_is_found(tmp_path: Path) -> None:
    """Two strided convolutions and their way back: skips only fit for multiples of 4."""
    path = with_metadata(unet_model(tmp_path / "net.onnx", 2), {})
    assert card_of(path, probe_file).size_multiple == 4
    with pytest.raises(ModelError, match="has no Unfade card"):
        card_of(path)


@pytest.mark.parametrize("multiple", [8, 64])
def test_windows_are_found(tmp_path: Path, multiple: int) -> None:
    assert card_of(reshaping_model(tmp_path / "w.onnx", multiple), probe_file).size_multiple == multiple


def test_one_that_fits_no_size(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be used: it fails on") as caught:
        card_of(reshaping_model(tmp_path / "w.onnx", 1000), probe_file)
    assert "\n" not in str(caught.value)


def test_one_that_shrinks(tmp_path: Path) -> None:
    network = Network()
    path = tmp_path / "half.onnx"
    model = network.build(network.conv(network.input, 3, stride=2), {})
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="no picture of a size that would be a whole multiple"):
        card_of(path, probe_file)


def test_by_path_it_is_usable_and_in_a_folder_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cardless_model(tmp_path / "bare.onnx", 2)
    assert find_model(path, probe_file).card.scale == 2
    session = Session.open(path, Device.CPU)
    assert session.card == find_model(path, probe_file).card
    pixels = np.random.default_rng(0).random((1, 3, 5, 7), np.float32)
    assert np.array_equal(session.run({"input": pixels})["output"][..., ::2, ::2], pixels)
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))
    assert "bare" not in {model.card.name for model in list_models()}
    with pytest.raises(ModelError, match="unfade models add finds them out"):
        find_model("bare")


def test_a_name_that_no_card_may_have(tmp_path: Path) -> None:
    card = card_of(cardless_model(tmp_path / "bell\x07 x2.onnx", 2), probe_file)
    assert (card.name, card.title) == ("bell--x2", "bell\\x07 x2")
