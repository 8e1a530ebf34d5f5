"""Weights from files and URLs: checksums, hostile pickles, and errors as sentences."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from unfade_training.errors import TrainingError
from unfade_training.losses.pretrained import Published, cache_folder, fetch, load_into, read_state


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """A real URL (file://), as urllib serves it without a network."""
    path = tmp_path / "server" / "net-weights.pth"
    path.parent.mkdir()
    torch.save(nn.Linear(3, 2).state_dict(), path)
    return Published(path.as_uri(), hashlib.sha256(path.read_bytes()).hexdigest()[:8])


def test_fetch_downloads_once_and_verifies_each_time(published: Published, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = fetch(published, cache)
    assert path == cache / "net-weights.pth"
    assert set(read_state(path)) == {"weight", "bias"}
    Path(published.url.removeprefix("file://")).unlink()  # now it has to come from the cache
    assert fetch(published, cache) == path
    path.write_bytes(b"damaged")
    with pytest.raises(TrainingError, match=r"has the checksum .* it is damaged or another file"):
        fetch(published, cache)


def test_a_download_with_a_wrong_checksum_is_not_kept(published: Published, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="where 00000000 was expected"):
        fetch(Published(published.url, "00000000"), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_no_network_is_a_sentence_that_says_where_to_put_the_file(tmp_path: Path) -> None:
    missing = Published((tmp_path / "nothing.pth").as_uri(), "00")
    with pytest.raises(
        TrainingError, match=r"could not be downloaded .* put the file at .*cache.nothing\.pth"
    ):
        fetch(missing, tmp_path / "cache")


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNFADE_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path / "weights"
    monkeypatch.delenv("UNFADE_CACHE")
    assert cache_folder().name == "weights"


class Hostile:
    """A pickle that would create a file when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def test_a_pickle_with_code_is_not_run(tmp_path: Path) -> None:
    torch.save({"weight": Hostile(tmp_path / "owned")}, tmp_path / "evil.pth")
    with pytest.raises(TrainingError, match="holds more than tensors and is not loaded"):
        read_state(tmp_path / "evil.pth")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("name", ["bad.pth", "bad.safetensors"])
def test_a_damaged_file_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x02garbage" * 20)
    with pytest.raises(TrainingError) as error:
        read_state(tmp_path / name)
    assert name in str(error.value) and "\n" not in str(error.value)


def test_anything_but_a_table_of_tensors_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(TrainingError, match="not a table of tensors"):
        read_state(tmp_path / "list.pth")


def test_loading_is_strict_about_names_and_shapes_but_not_about_precision(tmp_path: Path) -> None:
    source, target = nn.Linear(3, 2), nn.Linear(3, 2)
    path = tmp_path / "w.safetensors"
    save_file(
        {**{k: v.half() for k, v in source.state_dict().items()}, "classifier.bias": torch.zeros(1)}, path
    )
    load_into(target, read_state(path), path, ignore=("classifier.",))
    assert target.weight.dtype == torch.float32
    torch.testing.assert_close(target.weight, source.weight.half().float())
    with pytest.raises(TrainingError, match="does not hold the weights of Linear") as error:
        load_into(nn.Linear(4, 2), read_state(path), path, ignore=("classifier.",))
    assert "\n" not in str(error.value)
    with pytest.raises(TrainingError, match="does not hold the weights of Linear"):
        load_into(target, read_state(path), path)
