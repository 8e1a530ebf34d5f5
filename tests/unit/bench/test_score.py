"""bench/score.py: inputs, measures, and the sentences where something is missing."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "bench" / "score.py"
REFERENCE = ROOT.parent / "shared" / "tools" / "score.py"
"""Another implementation of the same protocols, where it is at hand."""
sys.path.append(str(SCRIPT.parent))

import protocols  # noqa: E402
import score  # noqa: E402

TASKS = protocols.tasks()


def photograph(height: int = 90, width: int = 121) -> NDArray[np.uint8]:
    """Colours with detail at several scales, HW3."""
    rng = np.random.default_rng(5)
    layers = [
        np.kron(rng.random((height // step + 1, width // step + 1, 3)), np.ones((step, step, 1)))
        for step in (1, 6, 24)
    ]
    shares = zip((0.2, 0.3, 0.5), layers, strict=True)
    return (255 * sum(share * layer[:height, :width] for share, layer in shares)).astype(np.uint8)


@pytest.fixture
def references(tmp_path: Path) -> Path:
    folder = tmp_path / "references"
    folder.mkdir()
    Image.fromarray(photograph()).save(folder / "one.png")
    Image.fromarray(photograph(64, 80)).save(folder / "two.png")
    return folder


@pytest.fixture(scope="session")
def damage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shape of each kind: a bar, half of it opaque."""
    folder = tmp_path_factory.mktemp("damage")
    for kind in protocols.DAMAGE_LENGTHS:
        (folder / kind).mkdir()
        bar = np.zeros((6, 24), np.uint8)
        bar[2:4, :12] = 255
        Image.fromarray(bar).save(folder / kind / "bar.png")
    return folder


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def run_here(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """As :func:`run`, without a process of its own."""
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *words])
    score.main()


def decoded(degraded: protocols.Degraded) -> Image.Image:
    return Image.open(io.BytesIO(degraded.data))


def degrade(task: protocols.Task, pixels: NDArray[np.uint8], stem: str = "one") -> Image.Image:
    return decoded(task.degrade(Image.fromarray(pixels), task.generator(stem)))


def scores_of(
    task: protocols.Task, folder: Path, reference: Image.Image, result: Image.Image
) -> dict[str, float]:
    """The scores of one result."""
    for name, picture in (("references", reference), ("results", result)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        picture.save(folder / name / "one.png")
    ((stem, scores),) = score.score(task, folder / "references", folder / "results")
    assert stem == "one"
    return scores


# The command ----------------------------------------------------------------------------------------------


def test_make_and_score_from_the_command_line(references: Path, tmp_path: Path) -> None:
    made = run("make", "jpeg-20", "--refs", references, "--out", tmp_path / "in")
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    assert {path.name for path in (tmp_path / "in").iterdir()} == {"one.jpg", "two.jpg"}
    scored = run("score", "jpeg-20", "--refs", references, "--results", tmp_path / "in", "--per-image")
    assert scored.returncode == 0, scored.stderr
    one, two, *means = (line.split() for line in scored.stdout.splitlines())
    assert [one[0], two[0]] == ["one", "two"]
    assert [name for name, _ in means] == ["psnr_y", "ssim_y", "psnr_rgb"] == one[1::2]
    for k, (_, mean) in enumerate(means):
        assert float(mean) == pytest.approx((float(one[2 + 2 * k]) + float(two[2 + 2 * k])) / 2, abs=1e-4)


def test_the_command_lists_its_tasks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_here(monkeypatch, "tasks")
    assert capsys.readouterr().out.split() == list(TASKS)
    with pytest.raises(SystemExit):
        run_here(monkeypatch, "--help")
    told = capsys.readouterr().out
    for family in {name.rpartition("-")[0] or name for name in TASKS}:
        assert f"\n  {family}" in told


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("score", "sr-x2", "--results", "{references}"), "has 121x90 pixels, its reference 120x90"),
        (("score", "jpeg-10", "--results", "{empty}"), "There is no result for one"),
        (("make", "jpeg-10", "--out", "{empty}", "--refs", "{empty}"), "There are no pictures in"),
        (("make", "repair", "--out", "{empty}"), "name their folder with --damage"),
        (("make", "repair", "--out", "{empty}", "--damage", "{references}"), "no damage shapes in dirt"),
        (("score", "jpeg-10", "--results", "{references}", "--lpips", "none.onnx"), "no LPIPS model at"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(
    words: tuple[str, ...],
    sentence: str,
    references: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    named = [word.format(references=references, empty=tmp_path / "empty") for word in words]
    with pytest.raises(SystemExit) as ended:  # a text as its code: printed, and exit code 1
        run_here(monkeypatch, *named, *([] if "--refs" in named else ["--refs", str(references)]))
    assert str(ended.value.code).startswith("score.py: ") and "\n" not in str(ended.value.code)
    assert sentence in str(ended.value.code)


def test_a_file_that_is_no_picture_is_named(references: Path, tmp_path: Path) -> None:
    (references / "broken.png").write_text("no picture")
    with pytest.raises(protocols.ProtocolError, match=r"broken\.png cannot be read as a picture"):
        score.make(TASKS["jpeg-10"], references, tmp_path / "in")


# Inputs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(TASKS))
def test_inputs_depend_on_the_name_alone_and_have_the_right_size(name: str, damage: Path) -> None:
    task = protocols.tasks(damage)[name]
    reference = Image.fromarray(photograph(90, 120))
    if task.gray:
        reference = reference.convert("L")
    first, again, other = (
        task.degrade(reference, task.generator(stem)) for stem in ("one", "one", "another")
    )
    assert first == again
    drawn = name.startswith(("web", "djpeg", "watermark", "repair", "noise", "grain", "fade"))
    assert (first.data != other.data) == drawn
    assert decoded(first).size == (120 // task.scale, 90 // task.scale)
    assert first.suffix == (".png" if name.startswith(("sr", "colorize", "noise")) else ".jpg")


def test_references_are_cut_to_a_multiple_of_the_scale(references: Path) -> None:
    cut = TASKS["sr-x4"].reference(references / "one.png")
    assert np.array_equal(np.asarray(cut), photograph()[:88, :120])


def test_gray_references_are_the_luma_of_bt601(references: Path) -> None:
    gray = np.asarray(TASKS["gray-10"].reference(references / "one.png"))
    ends = protocols.luma(np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]]))
    np.testing.assert_allclose(ends, [[16, 235, 81.481]])
    np.testing.assert_array_equal(gray, np.rint(protocols.luma(photograph())))


def test_twice_compressed_pictures_are_moved_by_four_pixels() -> None:
    steps = np.kron(np.arange(0, 240, 40, dtype=np.uint8).reshape(1, 6, 1), np.ones((48, 16, 3), np.uint8))
    moved = np.asarray(degrade(TASKS["djpeg"], steps)).astype(int)
    assert np.abs(moved[4:, 4:] - steps[:-4, :-4]).max() < 25
    assert np.abs(moved[4:] - steps[4:]).max() > 30


@pytest.mark.parametrize("sigma", [15, 25, 50])
def test_noise_has_its_sigma(sigma: int) -> None:
    noisy = np.asarray(degrade(TASKS[f"noise-{sigma}"], np.full((128, 128, 3), 128, np.uint8))).astype(float)
    clipped = {15: 15.0, 25: 25.0, 50: 49.5}[sigma]
    assert noisy.std() == pytest.approx(clipped, rel=0.02) and noisy.mean() == pytest.approx(128, abs=1)


def test_grain_is_stronger_where_it_is_bright() -> None:
    for stem in ("one", "two", "three"):
        dark, bright = (
            np.asarray(degrade(TASKS["grain"], np.full((96, 96, 3), value, np.uint8), stem)).std()
            for value in (60, 190)
        )
        assert 1 < dark < bright < 40


def test_faded_pictures_have_less_contrast_and_less_colour() -> None:
    before = photograph()
    for stem in ("one", "two", "three"):
        after = np.asarray(degrade(TASKS["fade"], before, stem))
        assert after.std(axis=(0, 1)).max() < before.std(axis=(0, 1)).max()
        assert after.min() >= 3 and after.max() <= 252


@pytest.mark.parametrize("name", ["watermark", "repair"])
def test_what_is_drawn_over_a_picture_is_where_its_opacity_says(
    name: str, damage: Path, references: Path, tmp_path: Path
) -> None:
    task = protocols.tasks(damage)[name]
    score.make(task, references, tmp_path / "in", tmp_path / "masks")
    changed = 0
    for path in references.iterdir():
        before = np.asarray(Image.open(path)).astype(int)
        after = np.asarray(Image.open(tmp_path / "in" / f"{path.stem}.jpg")).astype(int)
        opacity = np.asarray(Image.open(tmp_path / "masks" / path.name))
        assert opacity.shape == before.shape[:2] and opacity.max() > 80
        difference = np.abs(after - before).max(axis=2)
        assert difference[opacity > 80].mean() > 3 * difference[opacity == 0].mean()
        changed += (opacity > 0).sum()
    assert changed > 100


# Measures -------------------------------------------------------------------------------------------------


def test_a_known_error_has_its_psnr(tmp_path: Path) -> None:
    before = np.clip(photograph(), 0, 240)
    scores = scores_of(
        TASKS["jpeg-10"], tmp_path, Image.fromarray(before), Image.fromarray(before + np.uint8(10))
    )
    assert scores["psnr_rgb"] == pytest.approx(20 * np.log10(25.5))
    in_luma = (65.481 + 128.553 + 24.966) / 255 * 10
    assert scores["psnr_y"] == pytest.approx(20 * np.log10(255 / in_luma))
    assert 0.9 < scores["ssim_y"] < 1


@pytest.mark.parametrize("scale", [2, 4])
def test_the_border_of_enlarged_pictures_does_not_count_for_luma(scale: int, tmp_path: Path) -> None:
    task, before = TASKS[f"sr-x{scale}"], photograph(88, 120)
    after = before.copy()
    after[:scale], after[-scale:], after[:, :scale], after[:, -scale:] = 0, 0, 0, 0
    scores = scores_of(task, tmp_path, Image.fromarray(before), Image.fromarray(after))
    assert scores["psnr_y"] > 140 and scores["ssim_y"] == pytest.approx(1)
    assert scores["psnr_rgb"] < 25
    after[scale] = 0
    scores = scores_of(task, tmp_path, Image.fromarray(before), Image.fromarray(after))
    inner = (protocols.luma(each)[scale:-scale, scale:-scale] for each in (before, after))
    assert scores["psnr_y"] == pytest.approx(score.psnr(*inner)) and scores["psnr_y"] < 40


def test_the_baseline_of_enlargement_is_bicubic(references: Path, tmp_path: Path) -> None:
    task = TASKS["sr-x2"]
    score.make(task, references, tmp_path / "in")
    for stem, scores in score.score(task, references, tmp_path / "in", enlarge=True):
        truth = task.reference(references / f"{stem}.png")
        plain = Image.open(tmp_path / "in" / f"{stem}.png").resize(truth.size, Image.Resampling.BICUBIC)
        assert scores["psnr_rgb"] == pytest.approx(score.psnr(np.asarray(truth), np.asarray(plain)))


def test_moved_pictures_are_compared_where_both_are(tmp_path: Path) -> None:
    before = photograph()
    moved = np.pad(before, ((4, 0), (4, 0), (0, 0)))[:90, :121]
    scores = scores_of(TASKS["djpeg"], tmp_path, Image.fromarray(before), Image.fromarray(moved))
    assert scores["psnr_rgb"] > 140 and scores["psnr_y"] > 140


def test_errors_under_a_mark_and_beside_it_are_told_apart(tmp_path: Path) -> None:
    task = TASKS["watermark"]
    before = np.clip(photograph(), 0, 240)
    covered = task.opacity((121, 90), task.generator("one")) > 0  # type: ignore[misc]
    after = before + np.where(covered, 10, 1).astype(np.uint8)[..., None]
    scores = scores_of(task, tmp_path, Image.fromarray(before), Image.fromarray(after))
    assert scores["psnr_mark"] == pytest.approx(20 * np.log10(25.5))
    assert scores["psnr_rest"] == pytest.approx(20 * np.log10(255))


def test_colour_is_measured_as_people_see_it(tmp_path: Path) -> None:
    before = photograph()
    gray = Image.fromarray(before).convert("L")
    scores = scores_of(TASKS["colorize"], tmp_path, Image.fromarray(before), gray)
    assert list(scores) == ["psnr_rgb", "psnr_ab", "delta_e", "colourfulness", "colourfulness_ref"]
    assert scores["colourfulness"] == 0 and scores["colourfulness_ref"] > 20
    assert 5 < scores["delta_e"] < 60 and 10 < scores["psnr_ab"] < 40
    red = np.full((16, 16, 3), (255, 0, 0), np.uint8)
    assert score.colourfulness(red) == pytest.approx(0.3 * np.hypot(255, 127.5))
    unchanged = scores_of(TASKS["fade"], tmp_path / "fade", Image.fromarray(before), Image.fromarray(before))
    assert unchanged["delta_e"] == 0


def test_lpips_is_scored_with_the_model_that_is_named(references: Path, tmp_path: Path) -> None:
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, "h", "w"]) for name in "ab"]
    nodes = [
        helper.make_node("Sub", ["a", "b"], ["difference"]),
        helper.make_node("Abs", ["difference"], ["distance"]),
        helper.make_node("ReduceMean", ["distance"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "one"], ["out"]),
    ]
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1])
    one = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    graph = helper.make_graph(nodes, "mean", tensors, [out], [one])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9),
        tmp_path / "mean.onnx",
    )
    lpips = score.open_lpips(str(tmp_path / "mean.onnx"))
    score.make(TASKS["jpeg-10"], references, tmp_path / "in")
    for stem, scores in score.score(TASKS["jpeg-10"], references, tmp_path / "in", lpips):
        pair = [
            np.asarray(Image.open(next(tmp_path.glob(f"{place}/{stem}.*")))) for place in ("references", "in")
        ]
        mean = np.abs(pair[0].astype(float) - pair[1]).mean() / 255
        assert scores["lpips"] == pytest.approx(mean, rel=1e-5)


# The other implementation ---------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def other() -> ModuleType:
    if not REFERENCE.exists():
        pytest.skip(f"there is no other implementation at {REFERENCE}")
    import importlib.util

    spec = importlib.util.spec_from_file_location("other_score", REFERENCE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", list(TASKS))
def test_the_other_implementation_agrees(
    name: str, other: Any, damage: Path, references: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other, "DAMAGE", damage)
    task = protocols.tasks(damage)[name]
    for path in references.iterdir():
        degraded = task.degrade(task.reference(path), task.generator(path.stem))
        assert (degraded.suffix, degraded.data) == other.degrade(other.reference(path, name), name, path.stem)
        result = decoded(degraded).resize(task.reference(path).size)
        (tmp_path / "results").mkdir(exist_ok=True)
        result.save(tmp_path / "results" / path.name)
    for stem, ours in score.score(task, references, tmp_path / "results"):
        path = references / f"{stem}.png"
        result = Image.open(tmp_path / "results" / path.name)
        theirs = other.scores(other.reference(path, name), result, name, stem, lambda *_: 0.0)
        theirs.pop("lpips", None)
        assert list(ours) == list(theirs)
        assert list(ours.values()) == pytest.approx(list(theirs.values()), abs=5e-5)
