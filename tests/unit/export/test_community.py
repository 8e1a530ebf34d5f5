"""Community checkpoints: recognised, exported, and run by the filters. Random weights, real architectures."""

from __future__ import annotations

import functools
import importlib.util
import math
import os
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.unit.filters.pictures import upscale
from unfade.cli import main as unfade_main
from unfade.filters import UpscaleOptions
from unfade.inference import Device, Engine
from unfade.models import ModelCard, Tiling, Variant
from unfade.picture import Picture, read_picture, write_picture
from unfade_export import ExportError
from unfade_export.cli import show_report
from unfade_export.community import (
    UNKNOWN_LICENCE,
    architecture_names,
    export_community,
    load_community,
    spandrel,
    tiling_of,
)
from unfade_export.export import Report

from .conftest import export_here

if importlib.util.find_spec("spandrel") is None:
    pytest.skip("spandrel is not installed: pip install 'unfade[community]'", allow_module_level=True)


def architecture(place: str) -> Callable[..., nn.Module]:
    """The class at a place like ``DAT.DAT.DAT``: architecture, module, name."""
    spandrel()
    kind, module, name = place.split(".")
    found = importlib.import_module(f"spandrel.architectures.{kind}.__arch.{module}")
    return cast(Callable[..., nn.Module], getattr(found, name))


def make(kind: str) -> nn.Module:
    """A small network of that architecture."""
    place = next(place for place in NETWORKS if place.startswith(f"{KINDS.get(kind, kind)}."))
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return architecture(place)(**{**NETWORKS[place], **(FOLDED if kind in KINDS else {})})


KINDS = {"Real-ESRGAN": "ESRGAN"}
FOLDED = {"in_nc": 12, "scale": 4, "shuffle_factor": 2}
RGB = {"num_in_ch": 3, "num_out_ch": 3}
SWIN: dict[str, Any] = {"img_size": 16, "num_heads": [2], "upscale": 2, "upsampler": "pixelshuffledirect"}
NETWORKS: dict[str, dict[str, Any]] = {
    "ESRGAN.RRDB.RRDBNet": {"in_nc": 3, "out_nc": 3, "num_filters": 8, "num_blocks": 1, "scale": 2},
    "Compact.SRVGG.SRVGGNetCompact": {**RGB, "num_feat": 8, "num_conv": 2, "upscale": 2},
    "SPAN.span.SPAN": {**RGB, "feature_channels": 8, "upscale": 2},
    "SwinIR.SwinIR.SwinIR": {**SWIN, "embed_dim": 12, "depths": [2], "window_size": 8, "mlp_ratio": 2},
    "DAT.DAT.DAT": {**SWIN, "embed_dim": 32, "depth": [2], "split_size": [8, 8], "expansion_factor": 2},
    "OmniSR.OmniSR.OmniSR": {
        **RGB, "num_feat": 16, "block_num": 1, "pe": True, "window_size": 8, "res_num": 1, "up_scale": 2,
        "bias": True,
    },
    "SCUNet.SCUNet.SCUNet": {"in_nc": 3, "config": [1, 0, 0, 1, 0, 0, 1], "dim": 64},
    "FBCNN.FBCNN.FBCNN": {"in_nc": 3, "out_nc": 3, "nc": [8, 8, 8, 512], "nb": 2},
}  # fmt: skip

# kind, task, scale, tiling, halo
TILED = [
    # 3 dense blocks of 5 convolutions, the first, the body's, the last two and one after the enlargement
    ("ESRGAN", "upscale", 2, Tiling.EXACT, 19),
    ("Compact", "upscale", 2, Tiling.EXACT, 4),
    ("SPAN", "upscale", 2, Tiling.EXACT, 21),
    ("SwinIR", "upscale", 2, Tiling.BLEND, 32),
    ("DAT", "upscale", 2, Tiling.BLEND, 32),
    ("OmniSR", "upscale", 2, Tiling.BLEND, 32),
    ("SCUNet", "deartifact", 1, Tiling.BLEND, 32),
    ("FBCNN", "deartifact", 1, None, 0),  # tracing its 30 million weights is left to its export
]


def save(kind: str, path: Path) -> Path:
    save_file({key: value.contiguous().clone() for key, value in make(kind).state_dict().items()}, path)
    return path


@pytest.mark.parametrize(("kind", "task", "scale", "tiling", "halo"), TILED)
def test_recognised_and_tiled(
    tmp_path: Path, kind: str, task: str, scale: int, tiling: Tiling | None, halo: int
) -> None:
    community = load_community(save(kind, tmp_path / "net.safetensors"))
    assert kind in community.architecture
    assert community.network.scale == scale and (task == "upscale") == (scale > 1)
    if tiling is None:
        return
    found = tiling_of(community.network, 1 if tiling is Tiling.EXACT else 8)
    assert (found.tiling, found.halo) == (tiling, halo)


# kind, size multiple, what Unfade does with it
TO_A_PICTURE = [
    ("ESRGAN", 1, "upscale"),
    ("Real-ESRGAN", 4, "upscale"),  # an ESRGAN that begins by folding 2 x 2 pixels into one
    ("Compact", 1, "upscale"),
    ("SPAN", 1, "upscale"),
    ("SwinIR", 8, "upscale"),
    ("DAT", 8, "upscale"),
    ("OmniSR", 8, "upscale"),
    ("SCUNet", 64, "deartifact"),
    ("FBCNN", 8, "deartifact"),
]


def own_result(kind: str, pixels: np.ndarray, multiple: int) -> np.ndarray:
    """What the network makes of the picture as Unfade continues it: mirrored outward by 8 pixels or more.

    HWC float64, 0 to 255."""
    border = math.ceil(8 / multiple) * multiple
    fill = [(border, border + -(side + 2 * border) % multiple) for side in pixels.shape[:2]]
    padded = np.pad(pixels, (*fill, (0, 0)), mode="symmetric") / np.float32(255)
    x = torch.from_numpy(padded.transpose(2, 0, 1)[None].copy())
    with torch.inference_mode():
        found = make(kind).eval()(x)
    picture = (found[0] if isinstance(found, tuple) else found)[0].clamp(0, 1).permute(1, 2, 0).numpy()
    scale = picture.shape[0] // padded.shape[0]
    top, bottom = border * scale, (border + pixels.shape[0]) * scale
    left, right = border * scale, (border + pixels.shape[1]) * scale
    return np.asarray(picture[top:bottom, left:right] * 255.0)


Community = Callable[[str], tuple[Path, Path, Report]]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Community:
    """Checkpoint, model and report of a kind, made once."""

    @functools.cache
    def export(kind: str) -> tuple[Path, Path, Report]:
        folder = tmp_path_factory.mktemp("community")
        source = save(kind, folder / f"4x {kind}.safetensors")
        return source, folder / f"my {kind}.onnx", export_community(source, folder / f"my {kind}.onnx")

    return export


@pytest.mark.parametrize(("kind", "multiple", "command"), TO_A_PICTURE)
def test_from_checkpoint_to_picture(
    tmp_path: Path,
    exported: Community,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    multiple: int,
    command: str,
) -> None:
    """Exported, and run by the command line: what comes out is the network's own result."""
    source, model, report = exported(kind)
    card = report.card
    variant = Variant.GAN if command == "upscale" else Variant.FAITHFUL
    assert (card.name, card.variant, card.licence) == (f"my-{kind}", variant, UNKNOWN_LICENCE)
    assert f'architecture = "{load_community(source).architecture}"' in card.recipe
    assert card.size_multiple == multiple
    assert card.parameters and isinstance(card, ModelCard)
    pixels = np.random.default_rng(0).integers(96, 160, (80, 88, 3), dtype=np.uint8)
    write_picture(Picture(pixels), tmp_path / "in.png")
    monkeypatch.chdir(model.parent)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    files = [str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png")]
    assert unfade_main([command, *files, "--device", "cpu", "--model", model.name]) == 0
    out = read_picture(tmp_path / "out.png").pixels.astype(float)
    expected = own_result(kind, pixels, multiple)
    assert out.shape == expected.shape == (80 * card.scale, 88 * card.scale, 3)
    assert np.ptp(expected) > 5
    assert np.abs(out - expected).max() < 0.6


@pytest.mark.parametrize("kind", ["Compact", "SwinIR"])
def test_a_model_of_one_size_gives_the_same_picture(
    tmp_path: Path, exported: Community, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """The window is larger than the picture one way and smaller the other."""
    source, free_model, report = exported(kind)
    show_report(report, free_model)
    assert "only size" not in capsys.readouterr().out
    fixed_model = tmp_path / free_model.name
    code, out, err = export_here("community", str(source), "-o", str(fixed_model), "--static", "112x72")
    assert code == 0, err
    assert "only size" in out
    picture = Picture(np.random.default_rng(0).integers(96, 160, (80, 72, 3), dtype=np.uint8))
    free, fixed = (
        upscale(picture, UpscaleOptions(model=str(model)), Engine(Device.CPU)).pixels
        for model in (free_model, fixed_model)
    )
    # Where tiles are blended, what a window sees at a seam is not all that it would see in the whole picture.
    most = 1 if kind == "Compact" else 3
    assert free.shape == fixed.shape == (160, 144, 3)
    assert np.abs(free.astype(int) - fixed.astype(int)).max() <= most


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "boom"))


def test_code_in_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    torch.save({"weight": torch.ones(1), "extra": Bomb(mark)}, tmp_path / "zip.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps({"weight": Bomb(mark)}))
    torch.save(make("Compact"), tmp_path / "module.pth")  # a whole module is code by name
    for name in ("zip", "plain", "module"):
        with pytest.raises(ExportError, match=r"holds code beside its weights; .* nothing of it was run"):
            export_community(tmp_path / f"{name}.pth", tmp_path / "out.onnx")
    assert not mark.exists() and not (tmp_path / "out.onnx").exists()


def test_what_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    save("Compact", tmp_path / "good.safetensors")
    whole = (tmp_path / "good.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    torch.save(make("Compact").state_dict(), tmp_path / "good.pth")
    (tmp_path / "cut.pth").write_bytes((tmp_path / "good.pth").read_bytes()[:2000])
    (tmp_path / "junk.pth").write_text("junk")
    torch.save([1, 2], tmp_path / "list.pth")
    save_file({"layer.weight": torch.ones(2, 2)}, tmp_path / "unknown.safetensors")
    (tmp_path / "model.bin2").write_text("")
    gray = architecture("Compact.SRVGG.SRVGGNetCompact")(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=2)
    save_file(gray.state_dict(), tmp_path / "gray.safetensors")
    cases = {
        "none.pth": "There is no checkpoint",
        "cut.safetensors": "is damaged or of another kind",
        "cut.pth": "is damaged or of another kind",
        "junk.pth": "is damaged or of another kind",
        "list.pth": "holds a list, not the weights of a network",
        "unknown.safetensors": r"architecture that is not known here; known are .*DAT.*ESRGAN.*SwinIR",
        "model.bin2": "must be a checkpoint ending in",
        "gray.safetensors": "makes 1 channels out of 1",
    }
    for name, sentence in cases.items():
        with pytest.raises(ExportError, match=sentence) as caught:
            export_community(tmp_path / name, tmp_path / "out" / "out.onnx")
        assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ExportError, match="SwinIR is not known to be safe in half precision"):
        export_community(save("SwinIR", tmp_path / "swin.safetensors"), tmp_path / "out/out.onnx", fp16=True)
    assert not (tmp_path / "out").exists()
    assert load_community(tmp_path / "good.pth").architecture == "RealESRGAN Compact"
    assert {"DAT", "ESRGAN", "OmniSR", "SCUNet", "SPAN", "SwinIR"} <= set(architecture_names())


def test_torchvision_is_done_without(tmp_path: Path) -> None:
    """Absent, or built for another torch: spandrel is read all the same, and no stand-in stays behind."""
    broken = tmp_path / "torchvision"
    broken.mkdir()
    (broken / "__init__.py").write_text('raise RuntimeError("operator torchvision::nms does not exist")')
    code = (
        "import sys; from unfade_export.community import architecture_names;"
        "print(len(architecture_names()), [m for m in sys.modules if m.startswith('torchvision')])"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    count, left = done.stdout.split(maxsplit=1)
    assert int(count) > 30 and left.strip() == "[]"
