"""Runs that begin with a model of ours: its weights out of the ONNX file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from unfade.models import card_of
from unfade_training.build import build_generator
from unfade_training.checkpoint import (
    Checkpoint,
    adopt_initial_weights,
    adopt_weights,
    load_checkpoint,
    read_weights,
    save_checkpoint,
)
from unfade_training.config import parse_recipe, with_overrides
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.networks.norms import settle_norms
from unfade_training.train import train

from .photos import MASK_RECIPE, photo_folder

MODELS = Path(__file__).parents[3] / "plugin" / "unfade" / "models" / "shipped"


def network_of(model: Path) -> nn.Module:
    """As its recipe says, with random weights."""
    card = card_of(model)
    return build_generator(parse_recipe(card.recipe, card.name), pretrained=False)


def made_by(model: Path, x: Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    found: np.ndarray = np.concatenate(session.run(None, {session.get_inputs()[0].name: x.numpy()}), axis=1)
    return found


@pytest.mark.parametrize("name", ["upscale-x2", "upscale-x2-gan", "upscale-x4-gan", "deartifact"])
def test_a_shipped_model_is_its_network_again(name: str) -> None:
    model = MODELS / f"{name}.onnx"
    network = network_of(model)
    assert adopt_weights(network, read_weights(model, network), name) == []
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    expected = made_by(model, x)

    def difference() -> float:
        with torch.no_grad():
            return float(np.abs(network.eval()(x).numpy() - expected).max())

    assert difference() < 2e-5
    norms = settle_norms(network, lambda: network(x))
    assert norms == sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert (norms > 0) == (name == "deartifact")
    assert difference() < 2e-5
    with torch.no_grad():  # statistics of the batch in place of those that were taken from it
        assert float(np.abs(network.train()(x).numpy() - expected).mean()) < 5e-3


@pytest.mark.parametrize("name", ["colorize", "denoise", "repair", "revive", "upscale-x4"])
def test_shipped_models_hold_all_weights(name: str) -> None:
    network = network_of(MODELS / f"{name}.onnx")
    assert adopt_weights(network, read_weights(MODELS / f"{name}.onnx", network), name) == []


def test_a_run_begins_with_a_model(tmp_path: Path) -> None:
    """One step that changes next to nothing, with norms that got their statistics from what was held out."""
    model = MODELS / "deartifact.onnx"
    network = parse_recipe(card_of(model).recipe, "deartifact").network
    settings = {
        "network": network,
        "init": str(model),
        "stage.patch": 32,
        "stage.lr": 1e-12,
        "stage.steps": 1,
    }
    recipe = with_overrides(parse_recipe(MASK_RECIPE, "mask"), settings, "mask")
    photos = photo_folder(tmp_path / "photos")
    train(recipe, tmp_path / "run", [photos], Machine("cpu", 1))
    end = load_checkpoint(tmp_path / "run" / "last.safetensors").tensors["generator"]
    variances = torch.cat([tensor for name, tensor in end.items() if name.endswith("running_var")])
    assert float((variances - 1).abs().median()) > 0.3  # those of an identity are all about 1
    again = network_of(model)
    assert adopt_weights(again, end, "the run") == []

    def difference_on(x: Tensor) -> np.ndarray:
        with torch.no_grad():
            return np.abs(again.eval()(x).numpy() - made_by(model, x))

    difference = difference_on(blurred())
    assert difference.max() < 0.1 and float(difference.mean()) < 1e-3
    assert made_by(model, marked())[:, 3].max() > 0.9  # the mark is found
    difference = difference_on(marked())
    # The step moved the statistics a little, which is felt where the mark is; with those of an identity the
    # mark is not found, and the mean is 0.09.
    assert difference[:, :3].max() < 0.1 and float(difference.mean()) < 0.03
    none = with_overrides(recipe, {"data.holdout": 0}, "mask")
    with pytest.raises(TrainingError, match="needs photographs held out"):
        train(none, tmp_path / "other", [photos], Machine("cpu", 1))


def blurred() -> Tensor:
    """1 3 64 64, something out of focus."""
    small = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    return F.interpolate(small, size=(64, 64), mode="bicubic").clamp(0, 1)


def marked() -> Tensor:
    """The same with a T drawn over it."""
    opacity = torch.zeros(64, 64)
    opacity[20:26, 12:52] = opacity[20:48, 28:34] = 0.6
    return blurred() * (1 - opacity) + opacity


def test_what_is_no_model_of_ours_is_refused(tmp_path: Path) -> None:
    network = network_of(MODELS / "upscale-x2.onnx")
    with pytest.raises(TrainingError, match=r"There is no model .*nowhere\.onnx"):
        read_weights(tmp_path / "nowhere.onnx", network)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\xff" * 100)
    with pytest.raises(TrainingError, match="damaged or not an ONNX file"):
        read_weights(broken, network)
    with pytest.raises(TrainingError, match="No weight of other fits"):
        adopt_weights(nn.Linear(2, 2), read_weights(MODELS / "upscale-x2.onnx", network), "other")


def test_a_training_begins_with_the_averaged_weights_of_another(tmp_path: Path) -> None:
    network = nn.Linear(2, 2)
    raw = dict(network.state_dict())
    averaged = {name: tensor + 1 for name, tensor in raw.items()}
    for tensors, wanted in (({"generator": raw}, raw), ({"generator": raw, "ema": averaged}, averaged)):
        path = tmp_path / "run.safetensors"
        save_checkpoint(path, Checkpoint(tensors, ""))
        found = read_weights(path, network)
        assert all(torch.equal(found[name], wanted[name]) for name in raw)


def test_a_part_begins_with_a_network_like_it(tmp_path: Path) -> None:
    """The other parts stay as they were."""
    recipe = parse_recipe(MASK_RECIPE, "mask")
    whole = build_generator(recipe)
    torch.manual_seed(11)
    like = {name: torch.rand_like(tensor) for name, tensor in whole.compression.state_dict().items()}
    save_checkpoint(tmp_path / "part.safetensors", Checkpoint({"generator": like}, recipe.text, {}))
    before = {name: tensor.clone() for name, tensor in whole.marks.state_dict().items()}
    left = adopt_initial_weights(whole, {"compression": tmp_path / "part.safetensors"})
    assert all(torch.equal(tensor, like[name]) for name, tensor in whole.compression.state_dict().items())
    assert all(torch.equal(tensor, before[name]) for name, tensor in whole.marks.state_dict().items())
    assert {name.split(".")[0] for name in left} == {"marks"}
