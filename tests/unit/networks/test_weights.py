"""Weights from files and servers: what loads, and what is refused in one sentence."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from unfade_training.errors import TrainingError
from unfade_training.networks import Encoder, load_state, load_weights
from unfade_training.networks.encoders import resnet18
from unfade_training.networks.weights import PUBLISHED, published_source


def _net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))


def _state() -> dict[str, Tensor]:
    return {key: torch.rand_like(value, dtype=torch.float32) for key, value in _net().state_dict().items()}


def _published_name(path: Path) -> Path:
    """Renames a file as torchvision does, with its checksum's first digits."""
    digits = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    return path.rename(path.with_name(f"{path.stem}-{digits}{path.suffix}"))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address it is served at."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args, **kwargs: _Quiet(*args, directory=str(folder), **kwargs)
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("form", ["pth", "state_dict", "safetensors"])
def test_local_files_load(tmp_path: Path, form: str) -> None:
    state = _state()
    path = tmp_path / f"net.{'safetensors' if form == 'safetensors' else 'pth'}"
    if form == "safetensors":
        save_file(state, path)
    else:
        torch.save({"state_dict": state} if form == "state_dict" else state, path)
    network = _net()
    load_weights(network, load_state(path), path)
    loaded = network.state_dict()
    assert all(torch.equal(loaded[key], value.to(loaded[key].dtype)) for key, value in state.items())


def test_a_torchvision_style_file_loads_into_the_encoder(tmp_path: Path) -> None:
    source = resnet18()
    torch.save(source.state_dict(), tmp_path / "resnet18.pth")
    encoder = Encoder("resnet18", _published_name(tmp_path / "resnet18.pth"))
    published = source.state_dict()
    assert all(torch.equal(value, published[key]) for key, value in encoder.body.state_dict().items())


def test_published_addresses_carry_their_checksums() -> None:
    assert PUBLISHED["resnet34"].endswith("/resnet34-b627a593.pth")
    assert PUBLISHED["resnet18"].endswith("/resnet18-f37072fd.pth")
    with pytest.raises(TrainingError, match="No ImageNet weights are known for the encoder vgg16"):
        published_source("vgg16")


def test_download_is_verified_and_kept(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = served
    state, cache = _state(), tmp_path / "cache"
    torch.save(state, folder / "net.pth")
    path = _published_name(folder / "net.pth")
    url = f"{address}/{path.name}"
    assert torch.equal(load_state(url, cache=cache)["0.weight"], state["0.weight"])
    path.unlink()  # the second time nothing is asked of the server
    assert torch.equal(load_state(url, cache=cache)["0.weight"], state["0.weight"])


def test_a_damaged_copy_in_the_cache_is_fetched_again(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = served
    torch.save(_state(), folder / "net.pth")
    path = _published_name(folder / "net.pth")
    (tmp_path / path.name).write_bytes(b"half a file")
    assert load_state(f"{address}/{path.name}", cache=tmp_path)
    assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_download_with_a_wrong_checksum_is_refused(served: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = served
    torch.save(_state(), folder / "net-01234567.pth")
    cache = tmp_path / "cache"
    with pytest.raises(TrainingError, match=r"checksum of http.* where 01234567 is expected"):
        load_state(f"{address}/net-01234567.pth", cache=cache)
    assert list(cache.iterdir()) == []


def test_downloads_that_cannot_be(served: tuple[Path, str], tmp_path: Path) -> None:
    _, address = served
    with pytest.raises(TrainingError, match=r"Could not download .*File not found.*put it at"):
        load_state(f"{address}/net-01234567.pth", cache=tmp_path)
    with pytest.raises(TrainingError, match="no checksum in its name"):
        load_state(f"{address}/net.pth", cache=tmp_path)
    with pytest.raises(TrainingError, match="Could not download"):
        load_state("http://127.0.0.1:9/net-01234567.pth", cache=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="Could not download"):
        load_state(f"{address}/net-01234567.pth", cache=tmp_path / "file")


def test_local_checksums(tmp_path: Path) -> None:
    path = tmp_path / "net-01234567.pth"
    torch.save(_state(), path)
    with pytest.raises(TrainingError, match="where 01234567 is expected"):
        load_state(path)
    good = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load_state(path, sha256=good.upper())
    with pytest.raises(TrainingError, match="no SHA-256 checksum"):
        load_state(path, sha256="abc")


class _Malicious:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.witness,)


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_no_code_of_a_file_ever_runs(tmp_path: Path, how: str) -> None:
    path, witness = tmp_path / "net.pth", tmp_path / "ran"
    content = {"0.weight": torch.zeros(1), "extra": _Malicious(witness)}
    if how == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(TrainingError, match="can run code and are not opened"):
        load_state(path)
    assert not witness.exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("absent.pth", None, "There is no file of weights"),
        ("net.zip", b"PK", "is no file of weights"),
        ("net.safetensors", b"nonsense", "cannot be read as safetensors"),
        ("net.pth", b"nonsense", "damaged"),
        ("net.pth", b"", "damaged"),
        ("list.pth", [torch.zeros(1)], "tensors by name are expected"),
        ("numbers.pth", {"a": 1}, "tensors by name are expected"),
    ],
)
def test_what_is_no_file_of_weights(tmp_path: Path, name: str, content: object, sentence: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(TrainingError, match=sentence):
        load_state(path)


def test_a_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "net.pth"
    torch.save(_state(), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TrainingError, match="damaged"):
        load_state(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"0.weight": None}, r"1 of 7 tensors are missing \(first: 0.weight\)"),
        ({"9.weight": torch.zeros(1)}, r"1 have no place in it \(first: 9.weight\)"),
        ({"0.weight": torch.zeros(4, 1, 3, 3)}, "0.weight is 4x1x3x3 where 4x3x3x3 is expected"),
        ({"0.bias": torch.zeros(())}, "0.bias is a single number where 4 is expected"),
    ],
)
def test_weights_of_another_network(change: dict[str, Tensor | None], sentence: str) -> None:
    state = {key: value for key, value in {**_state(), **change}.items() if value is not None}
    network = _net()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(TrainingError, match=f"some.pth are of another network: {sentence}"):
        load_weights(network, state, "some.pth")
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_old_files_without_step_counters_load() -> None:
    state = {key: value for key, value in _state().items() if not key.endswith("num_batches_tracked")}
    load_weights(_net(), state, "old.pth")
