"""Models are found by name or by path, and one damaged file does not hide the others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.models import cardless_model, identity_model, unet_model, with_metadata
from unfade import paths
from unfade.errors import ModelError
from unfade.inference import Device, Session
from unfade.models import Source, broken_models, catalog, find_model, list_models
from unfade.models.library import ModelState, verify_models


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
    find_model(path)
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


def test_while_nothing_changes_nothing_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity_model(folder / "user/a.onnx", 2)
    (folder / "user/text.onnx").write_text("not a model")
    first = list_models()
    read: list[Path] = []
    monkeypatch.setattr(catalog, "_read_file", read.append)
    again = list_models()
    assert again == first and again[0].card is first[0].card and find_model("a").card is first[0].card
    assert not read


def test_broken_models_say_why_and_are_logged_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = folder / "user/text.onnx"
    path.parent.mkdir()
    path.write_text("not a model")
    for _ in range(3):
        (broken,) = broken_models()
    assert (broken.path, broken.source) == (path, Source.USER)
    assert broken.reason.startswith(f"The model {path} cannot be loaded: ")
    assert len(caplog.records) == 1


def not_utf8(path: Path) -> None:
    identity_model(path)
    path.write_bytes(path.read_bytes() + b"\x72\x08\x0a\x01\xff\x12\x03\xfe\xfd\xfc")


def huge_card(path: Path) -> None:
    with_metadata(identity_model(path), {"unfade.card": '{"version": 1, "name": "' + "x" * 100_000_000})


def card_not_utf8(path: Path) -> None:
    identity_model(path)
    path.write_bytes(path.read_bytes().replace(b'"title": "hostile"', b'"title": "host\xff\xfee"'))


HOSTILE: dict[str, tuple[Callable[[Path], object], str | None]] = {
    "metadata that is no UTF-8": (not_utf8, None),
    "a card that is no UTF-8": (card_not_utf8, None),
    "a card of 100 MB": (huge_card, "the card is damaged: it is longer than"),
    "a folder": (Path.mkdir, "There is no model file"),
    "a pipe": (os.mkfifo, "There is no model file"),
    "a link to nowhere": (lambda path: path.symlink_to("gone"), "There is no model file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "The model"),
    "nobody may read it": (lambda path: identity_model(path).chmod(0), "cannot be read: Permission denied"),
    "too large": (lambda path: truncated(path, (2 << 30) + 1), "larger than the 2,048 MiB"),
}


def truncated(path: Path, size: int) -> None:
    """As large as that, without taking the room on the disk."""
    with path.open("wb") as stream:
        stream.truncate(size)


@pytest.mark.skipif(sys.platform == "win32", reason="makes files that Windows does not have")
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_wrong_with_one_concerns_that_one_alone(folder: Path, kind: str) -> None:
    make, complaint = HOSTILE[kind]
    if "may read" in kind and os.geteuid() == 0:
        pytest.skip("root may read everything")
    identity_model(folder / "user/good.onnx", 2)
    path = folder / "user/hostile.onnx"
    make(path)
    if complaint is None:
        assert names() == ["good", "hostile"] and broken_models() == []
        pixels = np.zeros((1, 3, 8, 8), np.float32)
        assert Session.open(path, Device.CPU).run({"input": pixels})["output"].shape == (1, 3, 8, 8)
    else:
        assert names() == ["good"]
        assert [broken.path for broken in broken_models()] == [path]
        with pytest.raises(ModelError, match=complaint):
            find_model("hostile")
    states = {verdict.name: verdict.state for verdict in verify_models()}
    assert states == {
        "good": ModelState.UNKNOWN,
        "hostile": ModelState.UNUSABLE if complaint else ModelState.UNKNOWN,
    }


def test_a_mutated_file_is_a_model_or_an_error(folder: Path) -> None:
    """Whatever is in the folder, the others are listed."""
    good = unet_model(folder / "user/good.onnx", 2).read_bytes()
    random = np.random.default_rng(3)
    for round_ in range(300):
        data = bytearray(good)
        for _ in range(random.integers(1, 20)):
            data[random.integers(len(data))] = random.integers(256)
        (folder / "user/bad.onnx").write_bytes(data[: random.integers(1, len(data))] if round_ % 3 else data)
        assert "good" in names()  # its own, or the mutated one of that name
        for verdict in verify_models() if round_ % 10 == 0 else ():
            assert verdict.name in ("good", "bad")


def test_custom_operators_and_files_elsewhere_are_not_loaded(folder: Path) -> None:
    custom = onnx.load(identity_model(folder / "user/custom.onnx"))
    custom.graph.node[-1].domain = "com.acme"
    (folder / "user/custom.onnx").write_bytes(custom.SerializeToString())
    with pytest.raises(ModelError, match="operators that are not ONNX Runtime's own"):
        find_model("custom")
    for location, complaint in (("../w.bin", "outside its folder"), ("w.bin", "which is not beside it")):
        outside = onnx.load(identity_model(folder / "user/outside.onnx"))
        weight = outside.graph.initializer.add(name="weight", data_type=1, data_location=1)
        weight.external_data.add(key="location", value=location)
        (folder / "user/outside.onnx").write_bytes(outside.SerializeToString())
        with pytest.raises(ModelError, match=complaint):
            Session.open(folder / "user/outside.onnx", Device.CPU)
