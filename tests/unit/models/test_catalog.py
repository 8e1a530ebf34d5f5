"""Models are found by name or by path, and one damaged file does not hide the others."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.models import cardless_model, identity_model, unet_model, with_metadata
from unfade import paths
from unfade.errors import ModelError
from unfade.models import Source, catalog, find_model, list_models


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An otherwise empty world: no shipped models, a user's folder, and one named by the variable."""
    monkeypatch.setattr(paths, "shipped_models_dir", lambda: tmp_path / "shipped")
    monkeypatch.setattr(paths, "models_dir", lambda: tmp_path / "user")
    monkeypatch.setenv(catalog.MODELS_VARIABLE, str(tmp_path / "extra"))
    return tmp_path


def names() -> list[str]:
    return [model.card.name for model in list_models()]


def test_folders_and_precedence(folder: Path) -> None:
    assert list_models() == []
    shipped = identity_model(folder / "shipped/upscale-x2.onnx", 2, title="Shipped")
    identity_model(folder / "shipped/upscale-x4.onnx", 4)
    mine = identity_model(folder / "user/better.onnx", 2, name="upscale-x2", title="Mine")
    identity_model(folder / "extra/web.onnx", 2)
    assert names() == ["upscale-x2", "upscale-x4", "web"]
    assert (find_model("upscale-x2").path, find_model("upscale-x2").source) == (mine, Source.USER)
    assert find_model("upscale-x4").source is Source.SHIPPED
    assert find_model("web").source is Source.USER
    mine.unlink()
    assert find_model("upscale-x2").path == shipped


def test_by_path(folder: Path) -> None:
    path = identity_model(folder / "elsewhere/some.onnx", 2, name="other-name")
    assert find_model(path) == find_model(str(path))
    assert find_model(path).card.name == "other-name"
    assert find_model(path).source is Source.USER
    shipped = identity_model(folder / "shipped/up.onnx", 2)
    assert find_model(shipped).source is Source.SHIPPED


def test_relative_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_model(folder / "here.onnx", 2)
    monkeypatch.chdir(folder)
    assert find_model("here.onnx").card.name == "here"


def test_changed_file_is_read_again(folder: Path) -> None:
    path = identity_model(folder / "user/a.onnx", 2, title="Old")
    assert find_model("a").card.title == "Old"
    identity_model(path, 2, title="A newer title")
    assert find_model("a").card.title == "A newer title"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("upscale-x3", "There is no model 'upscale-x3': did you mean upscale-x2?"),
        ("zebra", "There is no model 'zebra': there are upscale-x2."),
        ("missing/model.onnx", "There is no model file missing/model.onnx."),
        ("missing.onnx", "There is no model file missing.onnx."),
    ],
)
def test_unknown(folder: Path, asked: str, sentence: str) -> None:
    identity_model(folder / "user/upscale-x2.onnx", 2)
    with pytest.raises(ModelError) as caught:
        find_model(asked)
    assert str(caught.value) == sentence


@pytest.mark.usefixtures("folder")
def test_nothing_installed() -> None:
    with pytest.raises(ModelError, match="no models are installed; put"):
        find_model("upscale-x2")


def test_damaged_files_are_left_out_and_named(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = unet_model(folder / "user/good.onnx", 2)
    (folder / "user/text.onnx").write_text("not a model")
    (folder / "user/empty.onnx").write_bytes(b"")
    (folder / "user/cut.onnx").write_bytes(good.read_bytes()[:-400])
    cardless_model(folder / "user/bare.onnx")
    with_metadata(identity_model(folder / "user/newer.onnx"), {"unfade.card": '{"version": 9}'})
    with_metadata(identity_model(folder / "user/broken.onnx"), {"unfade.card": "{"})
    (folder / "user/folder.onnx").mkdir()
    assert names() == ["good"]
    for name in ("text", "empty", "cut", "bare", "newer", "broken", "folder"):
        assert f"{name}.onnx" in caplog.text
        with pytest.raises(ModelError) as caught:
            find_model(name)
        assert str(folder / "user" / f"{name}.onnx") in str(caught.value)


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ({"unfade.card": '{"version": 9}'}, "cannot be used: the card is of version 9"),
        ({"unfade.card": "{}"}, "cannot be used: the card is damaged: 'version' is missing."),
    ],
)
def test_cards_that_cannot_be_used(folder: Path, metadata: dict[str, str], sentence: str) -> None:
    path = with_metadata(identity_model(folder / "a.onnx"), metadata)
    with pytest.raises(ModelError) as caught:
        find_model(path)
    assert sentence in str(caught.value) and str(path) in str(caught.value)


def test_reading_a_card_is_quick(folder: Path) -> None:
    """Not a session made ready to run: that took three times as long for this 5 MB model."""
    path = unet_model(folder / "big.onnx", 2, channels=90)
    assert path.stat().st_size > 4_000_000
    find_model(path)  # imports onnxruntime
    taken = []
    for _ in range(5):
        path.touch()
        begin = time.perf_counter()
        find_model(path)
        taken.append(time.perf_counter() - begin)
    assert min(taken) < 0.1


def test_importing_unfade_is_light() -> None:
    code = (
        "import sys, unfade, unfade.models.catalog, unfade.inference, unfade.models.card; print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "PyQt6", "onnxruntime", "onnx"} & set(loaded.stdout.split())
