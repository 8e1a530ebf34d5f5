"""De-artifact's outputs and Colorize's odd sizes, through the whole export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch

from unfade.filters.chroma import check_colouring
from unfade.filters.stains import check_stain_finder
from unfade.models import Tiling
from unfade_training.build import build_generator
from unfade_training.checkpoint import read_weights
from unfade_training.config import parse_recipe
from unfade_training.networks.stain_unet import LEAST

from ..training.photos import MASK_RECIPE, RECIPE
from .conftest import Exported, Exports

COLOUR_RECIPE = (
    RECIPE.replace('task = "upscale"', 'task = "colorize"')
    .replace(
        'kind = "fast_unet"\nscale = 2\nchannels = [8, 16]\nencoder = [1, 1]\ndecoder = [1]',
        'kind = "lite_unet"\nluma = true\nextra_channels = 3\nout_channels = 2\noutput_stride = 2\n'
        "widths = [8, 8, 8, 8]\nspread_hints = true",
    )
    .replace('kind = "clean"\nscale = 2', 'kind = "clean"')
)


def run(path: Path, x: np.ndarray) -> list[np.ndarray]:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"input": x})  # type: ignore[no-any-return]


def test_deartifact_has_a_picture_a_mask_and_the_picture_with_its_marks(exports: Exports) -> None:
    exported = exports(MASK_RECIPE, fp16=True)
    network, report = exported.network, exported.report
    card = report.card
    assert [(o.name, o.channels, o.colour_space) for o in card.outputs] == [
        ("output", 3, "sRGB"), ("mask", 1, "mask"), ("cleaned", 3, "sRGB"),
    ]  # fmt: skip
    assert (card.task, card.scale, card.tiling) == ("deartifact", 1, Tiling.EXACT)
    assert card.size_multiple == 8 and card.halo > 10 and report.tiling_difference is not None
    x = np.random.default_rng(0).random((1, 3, 40, 48), np.float32)
    picture, mask, cleaned = run(exported.path, x)
    with torch.inference_mode():
        expected = network(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(picture, expected[:, :3], atol=1e-5)
    np.testing.assert_allclose(mask, expected[:, 3:4], atol=1e-5)
    np.testing.assert_allclose(cleaned, expected[:, 4:], atol=1e-5)
    assert mask.min() >= 0 and mask.max() <= 1


STAIN_RECIPE = (
    MASK_RECIPE.replace('task = "deartifact"', 'task = "stains"')
    .replace('kind = "deartifact_unets"', 'kind = "stain_unet"\nlook = { widths = [8, 8, 8] }')
    .replace("compression = { unshuffle = 2, channels = [8, 16], encoder = [1, 1], decoder = [1] }\n", "")
    .replace("marks = { deepest = 8, widths = [8, 8] }", "")
)


def test_stains_are_named_and_not_taken_off(exports: Exports) -> None:
    exported = exports(STAIN_RECIPE)
    card = exported.report.card
    check_stain_finder(card)
    assert (card.task, card.tiling, card.working_size, card.size_multiple) == (
        "stains",
        Tiling.WHOLE,
        288,
        16,
    )
    x = np.random.default_rng(0).random((1, 3, 48, 64), np.float32)
    with torch.inference_mode():
        expected = exported.network(torch.from_numpy(x)).numpy()
    mask, opacity, colour = run(exported.path, x)
    seen = (1 - opacity).clip(min=LEAST)
    np.testing.assert_allclose((x - opacity * colour) / seen, expected[:, :3], atol=1e-5)
    np.testing.assert_allclose(np.hstack([mask, opacity]), expected[:, 3:], atol=1e-5)


@pytest.fixture(scope="module")
def colorize(exports: Exports) -> Exported:
    exported = exports(COLOUR_RECIPE)
    card = exported.report.card
    assert (card.inputs[0].channels, card.inputs[0].colour_space) == (4, "lab")
    assert [(o.name, o.channels, o.range, o.colour_space) for o in card.outputs] == [
        ("ab", 2, (-1.0, 1.0), "lab-ab")
    ]
    assert (card.tiling, card.working_size, card.scale) == (Tiling.WHOLE, 512, 1)
    assert (card.size_multiple, card.halo) == (1, 0)
    return exported


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 97), (33, 31), (64, 32), (75, 50)])
def test_colorize_takes_any_size(colorize: Exported, height: int, width: int) -> None:
    """Padded inside to multiples of 32, and cropped to half the sides, rounded up."""
    x = np.random.default_rng(0).random((1, 4, height, width), np.float32)
    with torch.inference_mode():
        expected = colorize.network(torch.from_numpy(x)).numpy()
    (ab,) = run(colorize.path, x)
    assert ab.shape == (1, 2, -(-height // 2), -(-width // 2))
    np.testing.assert_allclose(ab, expected, atol=1e-5)


def test_a_training_can_begin_with_a_model(colorize: Exported) -> None:
    """Also where the graph holds what was computed from a weight, and not it: the nearness of hints."""
    torch.manual_seed(5)
    network = build_generator(parse_recipe(COLOUR_RECIPE, "tiny"))
    weights = read_weights(colorize.path, network)
    assert set(network.state_dict()) - set(weights) == set()
    network.load_state_dict(weights, strict=False)
    x = torch.rand(1, 4, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(x), colorize.network(x), atol=1e-5, rtol=0)


def test_colours_of_two_networks_in_8_bits(exports: Exports) -> None:
    """Without hints, where both count; and a training that begins with the model has its weights."""
    head, rest = COLOUR_RECIPE.split("[network]")
    _, further = rest.split("\n\n", 1)
    recipe = (
        f'{head}[network]\nkind = "colour_unets"\n'
        "[network.fine]\nwidths = [8, 8, 8, 8]\nspread_hints = true\n"
        f'[network.coarse]\nencoder = "efficientnet-lite0"\nwidth = 16\nembedding = 3\n\n{further}'
    )
    exported = exports(recipe, int8=True)
    kinds = [tensor.data_type for tensor in onnx.load(exported.path).graph.initializer]
    assert kinds.count(onnx.TensorProto.INT8) > 20 and onnx.TensorProto.FLOAT16 in kinds
    network = build_generator(parse_recipe(recipe, "tiny"))
    weights = read_weights(exported.path, network)
    assert set(network.state_dict()) - set(weights) == set()
    network.load_state_dict(dict(weights), strict=False)
    rng = np.random.default_rng(0)
    for height, width in ((33, 31), (64, 96)):
        x = np.zeros((1, 4, height, width), np.float32)
        x[:, 0] = rng.random((height, width), np.float32)
        with torch.inference_mode():
            expected = network.eval()(torch.from_numpy(x)).numpy()
        ab, embedding = run(exported.path, x)
        assert np.abs(ab).max() > 1e-3 and embedding.shape[1] == 3
        np.testing.assert_allclose(np.concatenate((ab, embedding), axis=1), expected, atol=1e-5)
    check_colouring(exported.report.card)
