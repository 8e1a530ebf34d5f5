"""Feature loss and LPIPS: structure on random weights, numbers on the published ones where they are there."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from unfade_training.errors import TrainingError
from unfade_training.losses import FeatureLoss, Lpips, LpipsOnnx, build_loss, gram_matrix, open_lpips
from unfade_training.losses.backbones import ARCHITECTURES, Backbone
from unfade_training.losses.perceptual import installed_linear_weights
from unfade_training.networks.encoders import IMAGENET_DEVIATION, IMAGENET_MEAN

SHARED = Path(__file__).parents[4] / "shared" / "weights"
SQUEEZENET, ONNX = SHARED / "squeezenet1_1_imagenet_fp16.safetensors", SHARED / "lpips_squeeze.onnx"


def has_lpips() -> bool:
    try:
        return metadata.version("lpips") != ""
    except metadata.PackageNotFoundError:
        return False


needs_squeezenet = pytest.mark.skipif(
    not SQUEEZENET.exists(), reason=f"no SqueezeNet weights at {SQUEEZENET}"
)
needs_onnx = pytest.mark.skipif(not ONNX.exists(), reason=f"no LPIPS model at {ONNX}")
needs_linear = pytest.mark.skipif(
    not has_lpips(), reason="the package lpips, which holds the linear layers, is not installed"
)


@pytest.fixture(scope="module")
def random_squeezenet(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A weights file with torchvision's names, the classifier's among them, and random values."""
    torch.manual_seed(0)
    state = {f"features.{k}": v for k, v in ARCHITECTURES["squeezenet"].layers().state_dict().items()}
    state["classifier.1.weight"] = torch.zeros(1000, 512, 1, 1)
    path = tmp_path_factory.mktemp("weights") / "squeezenet.safetensors"
    save_file({name: tensor.half() for name, tensor in state.items()}, path)
    return str(path)


@pytest.fixture(scope="module")
def random_vgg(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    state = {f"features.{k}": v for k, v in ARCHITECTURES["vgg16_bn"].layers().state_dict().items()}
    state["classifier.0.bias"] = torch.zeros(4096)
    path = tmp_path_factory.mktemp("weights") / "vgg16_bn.pth"
    torch.save(state, path)
    return str(path)


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    target = torch.rand(2, 3, 48, 40, generator=generator)
    return (target + 0.1 * torch.randn(2, 3, 48, 40, generator=generator)).clamp(0, 1), target


@pytest.mark.parametrize(
    ("name", "shapes", "parameters"),
    [
        # 3x3 without padding at stride 2, then pools that round up; and five halvings of a padded network
        ("squeezenet", [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)], 722_496),
        ("vgg16_bn", [(256, 16, 16), (512, 8, 8), (512, 4, 4)], 14_723_136),
    ],
)
def test_taps_are_where_the_papers_have_them(
    name: str, shapes: list[tuple[int, ...]], parameters: int
) -> None:
    backbone = Backbone(name, ARCHITECTURES[name].taps)
    outputs = backbone(backbone.normalise(torch.rand(1, 3, 65 if name == "squeezenet" else 64, 65)))
    assert [tuple(o.shape[1:]) for o in outputs] == shapes
    assert sum(p.numel() for p in backbone.parameters()) == parameters
    assert not any(p.requires_grad for p in backbone.parameters())


def test_vggs_taps_are_the_layers_before_its_max_pools() -> None:
    layers = list(ARCHITECTURES["vgg16_bn"].layers())
    before = [i - 1 for i, layer in enumerate(layers) if isinstance(layer, torch.nn.MaxPool2d)]
    assert tuple(before[2:5]) == ARCHITECTURES["vgg16_bn"].taps
    assert ARCHITECTURES["vgg16_bn"].tap_weights == (5, 15, 2)


def test_the_backbone_stays_in_evaluation_mode(random_vgg: str) -> None:
    loss = build_loss({"feature": {"weights": random_vgg}})
    loss.train()
    assert not any(m.training for m in loss.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_feature_loss_is_the_lessons_formula(
    random_vgg: str, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    y, t = pair
    loss = FeatureLoss(weights=random_vgg)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_DEVIATION))
    layers = torch.nn.Sequential(*loss.backbone.features)
    fy, ft, features = (y - mean) / std, (t - mean) / std, []
    expected = {"pixel": F.l1_loss(fy, ft)}
    for index, layer in enumerate(layers):
        fy, ft = layer(fy), layer(ft)
        if index in (22, 32, 42):
            features.append((fy, ft))
    for i, ((a, b), w) in enumerate(zip(features, (5, 15, 2), strict=True)):
        expected[f"feat_{i}"] = w * F.l1_loss(a, b)
        expected[f"gram_{i}"] = w**2 * 5e3 * F.l1_loss(gram_matrix(a), gram_matrix(b))
    terms = loss.terms(y, t)
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        assert terms[name].item() == pytest.approx(value.item(), rel=1e-4), name


def test_feature_loss_is_0_for_equal_pictures_and_reaches_the_output(
    random_squeezenet: str, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    loss = FeatureLoss("squeezenet", random_squeezenet)
    assert loss(pair[1], pair[1]).item() == 0
    output = pair[0].clone().requires_grad_()
    loss(output, pair[1]).backward()
    assert output.grad.abs().sum() > 0


def test_jitter_moves_both_pictures_under_the_backbones_strides(
    random_squeezenet: str, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    whole = FeatureLoss("squeezenet", random_squeezenet, pixel=0.0, gram=0.0)
    moved = FeatureLoss("squeezenet", random_squeezenet, pixel=0.0, gram=0.0, jitter=3)
    places = [(top, left) for top in range(3) for left in range(3)]
    expected = [float(whole(*(picture[..., top:, left:] for picture in pair))) for top, left in places]
    assert len(set(expected)) == 9
    torch.manual_seed(0)
    found = {min(range(9), key=lambda i: abs(expected[i] - value)): value for value in (
        float(moved(*pair)) for _ in range(60)
    )}  # fmt: skip
    assert len(found) == 9 and all(abs(expected[i] - value) < 1e-6 for i, value in found.items())


def test_options_switch_terms_off(random_squeezenet: str, pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    table = {"backbone": "squeezenet", "weights": random_squeezenet, "taps": [4, 7], "tap_weights": [1, 2.5]}
    full = build_loss({"feature": table})(*pair).terms
    assert set(full) == {f"feature/{n}" for n in ("pixel", "feat_0", "feat_1", "gram_0", "gram_1")}
    bare = build_loss({"feature": {**table, "gram": 0.0, "pixel": 0.0, "weight": 0.5}})(*pair).terms
    assert set(bare) == {"feature/feat_0", "feature/feat_1"}
    assert bare["feature/feat_1"].item() == pytest.approx(full["feature/feat_1"].item() / 2)


def test_the_backbone_runs_in_float32_unless_mixed(
    random_squeezenet: str, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    exact, mixed = (FeatureLoss("squeezenet", random_squeezenet, mixed=m) for m in (False, True))
    outside = exact(*pair)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(exact(*pair), outside)
        rough = mixed(*pair)
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, outside)
    assert rough.item() == pytest.approx(outside.item(), rel=0.1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"backbone": "vgg19"}, "backbone must be vgg16_bn or squeezenet, not 'vgg19'"),
        (
            {"backbone": "squeezenet", "weights": "/nowhere.pth"},
            "no file of weights at /nowhere.pth",
        ),
        ({"taps": [3], "weights": "/nowhere.pth"}, "There is no file of weights"),
        ({"taps": [9, 4], "tap_weights": [1, 1]}, "taps must be rising layer numbers between 0 and 43"),
        ({"wieghts": "x"}, "did you mean 'weights'?"),
    ],
)
def test_a_senseless_feature_loss_is_one_sentence(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        build_loss({"feature": options})
    assert sentence in str(error.value)


def test_another_networks_weights_are_refused(random_vgg: str) -> None:
    with pytest.raises(TrainingError, match="are of another network"):
        build_loss({"feature": {"backbone": "squeezenet", "weights": random_vgg}})


def test_taps_and_tap_weights_go_together(random_squeezenet: str) -> None:
    for options in ({"taps": [4]}, {"taps": [4, 7], "tap_weights": [1]}):
        with pytest.raises(TrainingError, match="tap_weights"):
            build_loss({"feature": {"backbone": "squeezenet", "weights": random_squeezenet, **options}})


@pytest.fixture(scope="module")
def random_linear(tmp_path_factory: pytest.TempPathFactory) -> str:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "squeeze.pth"
    channels = (64, 128, 256, 384, 384, 512, 512)
    torch.save({f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1) for i, c in enumerate(channels)}, path)
    return str(path)


def test_lpips_is_its_formula_and_can_train(
    random_squeezenet: str, random_linear: str, pair: tuple[torch.Tensor, torch.Tensor]
) -> None:
    metric = open_lpips(random_squeezenet, random_linear)
    assert isinstance(metric, Lpips)
    y, t = pair
    expected = np.zeros(2)
    features = [[o.double().numpy() for o in metric.backbone(metric.backbone.normalise(x))] for x in (y, t)]
    for i, (a, b) in enumerate(zip(*features, strict=True)):
        a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b))
        expected += ((a - b) ** 2 * metric.get_buffer(f"linear_{i}").numpy()).sum(1).mean((1, 2))
    np.testing.assert_allclose(metric(y, t).numpy(), expected, rtol=1e-4)
    assert torch.equal(metric(t, t), torch.zeros(2))
    loss = build_loss({"lpips": {"backbone_weights": random_squeezenet, "linear_weights": random_linear}})
    output = t.clone().requires_grad_()  # the root inside must not give NaN where nothing differs
    value = loss(output, t)
    value.total.backward()
    assert torch.isfinite(output.grad).all()
    assert set(value.terms) == {"lpips"}


def test_lpips_errors_are_sentences(tmp_path: Path, random_squeezenet: str) -> None:
    with pytest.raises(TrainingError, match="does not hold LPIPS's linear layers"):
        Lpips(random_squeezenet, random_squeezenet)
    with pytest.raises(TrainingError, match="There is no LPIPS model at"):
        open_lpips(str(tmp_path / "missing.onnx"))
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    with pytest.raises(TrainingError, match="cannot be opened as an ONNX model"):
        LpipsOnnx(tmp_path / "broken.onnx")
    if not has_lpips():
        with pytest.raises(TrainingError, match="pip install --no-deps lpips"):
            Lpips(random_squeezenet)


@needs_squeezenet
@needs_onnx
def test_the_onnx_file_orders_damage_by_size() -> None:
    metric = open_lpips(str(ONNX))
    generator = torch.Generator().manual_seed(0)
    picture = F.interpolate(torch.rand(2, 3, 9, 9, generator=generator), size=(72, 80), mode="bicubic").clamp(
        0, 1
    )
    noise = torch.randn(2, 3, 72, 80, generator=generator)
    scores = [metric((picture + a * noise).clamp(0, 1), picture) for a in (0.0, 0.02, 0.1)]
    assert scores[0].shape == (2,)
    assert scores[0].abs().max() < 1e-6
    assert (scores[0] < scores[1]).all() and (scores[1] < scores[2]).all()


@needs_squeezenet
@needs_onnx
@needs_linear
def test_torch_and_onnx_lpips_agree() -> None:
    assert installed_linear_weights().name == "squeeze.pth"
    ours, theirs = open_lpips(str(SQUEEZENET)), open_lpips(str(ONNX))
    generator = torch.Generator().manual_seed(0)
    for height, width in ((64, 64), (97, 71)):
        b = F.interpolate(
            torch.rand(2, 3, 9, 9, generator=generator), size=(height, width), mode="bicubic"
        ).clamp(0, 1)
        a = (b + 0.1 * torch.randn(2, 3, height, width, generator=generator)).clamp(0, 1)
        torch.testing.assert_close(ours(a, b), theirs(a, b), rtol=2e-3, atol=1e-4)
