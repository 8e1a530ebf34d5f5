"""The user's own models: added as a whole or not at all, checked, removed."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.conftest import AsNobody
from tests.models import (
    Network,
    cardless_model,
    identity_model,
    nan_model,
    save_network,
    unet_model,
    with_metadata,
)
from unfade import paths
from unfade.errors import Cancelled, ModelError, OutputError, UnfadeError
from unfade.models import MODELS_VARIABLE, Source, Tiling, find_model, half_precision_file, list_models
from unfade.models.library import ModelState, add_model, remove_model, verify_models


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, which does not exist yet, in an otherwise empty world."""
    monkeypatch.setattr(paths, "shipped_models_dir", lambda: tmp_path / "shipped")
    monkeypatch.setattr(paths, "models_dir", lambda: tmp_path / "own")
    monkeypatch.delenv(MODELS_VARIABLE, raising=False)
    return tmp_path / "own"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")} if folder.exists() else set()


def test_add_list_verify_remove(own: Path, tmp_path: Path) -> None:
    model = add_model(unet_model(tmp_path / "some file.onnx", 2, name="better-x2"))
    assert (model.card.name, model.source, model.path) == ("better-x2", Source.USER, own / "better-x2.onnx")
    assert [found.card.name for found in list_models()] == ["better-x2"]
    assert find_model("better-x2").path == model.path
    assert [(verdict.name, verdict.state) for verdict in verify_models()] == [("better-x2", ModelState.WHOLE)]
    assert remove_model("better-x2") == [model.path]
    assert files(own) == {"index.json"} and list_models() == [] and verify_models() == []


def test_a_model_without_a_card_is_probed_and_keeps_the_card(own: Path, tmp_path: Path) -> None:
    source = cardless_model(tmp_path / "My Model.onnx", 3)
    before = source.read_bytes()
    card = add_model(source).card
    assert (card.name, card.title, card.task, card.scale) == ("My-Model", "My Model", "upscale", 3)
    assert (card.size_multiple, card.tiling, card.halo) == (1, Tiling.BLEND, 32)
    assert source.read_bytes() == before
    copy = onnx.load(own / "My-Model.onnx")
    onnx.checker.check_model(copy)
    assert [entry.key for entry in copy.metadata_props] == ["unfade.card"]
    assert [found.card for found in list_models()] == [card]


def test_a_name_that_is_taken(own: Path, tmp_path: Path) -> None:
    add_model(identity_model(tmp_path / "a.onnx", 2, name="same", title="Old"))
    other = identity_model(tmp_path / "b.onnx", 2, name="same", title="New")
    with pytest.raises(ModelError, match="There is a model same among your own already"):
        add_model(other)
    assert find_model("same").card.title == "Old"
    assert add_model(other, replace=True).card.title == "New"
    assert find_model("same").card.title == "New"
    assert [verdict.state for verdict in verify_models()] == [ModelState.WHOLE]
    assert files(own) == {"index.json", "same.onnx"}


def test_a_variant_comes_along_and_goes_along(own: Path, tmp_path: Path) -> None:
    source = identity_model(tmp_path / "a.onnx", 2)
    identity_model(half_precision_file(source), 2, name="a")
    path = add_model(source).path
    assert half_precision_file(path).is_file()
    assert [found.card.name for found in list_models()] == ["a"]
    half_precision_file(source).unlink()
    add_model(source, replace=True)
    assert not half_precision_file(path).exists()
    identity_model(half_precision_file(source), 2, name="another")
    with pytest.raises(ModelError, match=r"float16 variant beside .* is not one of this model"):
        add_model(source, replace=True)
    half_precision_file(source).unlink()
    remove_model("a")
    assert files(own) == {"index.json"}


def external_model(path: Path, location: str) -> Path:
    """A 1x1 convolution whose weights lie in ``location``."""
    model = onnx.load(identity_model(path, 1))
    weight = numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), "weight")
    data = weight.raw_data
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(len(data)))):
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    model.graph.initializer.append(weight)
    model.graph.node[-1].CopyFrom(
        helper.make_node("Conv", [model.graph.node[-1].input[0], "weight"], ["output"])
    )
    path.write_bytes(model.SerializeToString())
    if ".." not in location and not location.startswith(("/", "C:")):
        (path.parent / location).parent.mkdir(parents=True, exist_ok=True)
        (path.parent / location).write_bytes(data)
    return path


def test_weights_beside_the_model_come_along(own: Path, tmp_path: Path) -> None:
    add_model(external_model(tmp_path / "from/big.onnx", "weights/big.bin"))
    assert files(own) == {"index.json", "big.onnx", "weights", "weights/big.bin"}
    assert [verdict.state for verdict in verify_models()] == [ModelState.WHOLE]
    (own / "weights/big.bin").write_bytes(b"\0" * 36)
    assert [verdict.state for verdict in verify_models()] == [ModelState.CHANGED]
    remove_model("big")
    assert files(own) == {"index.json", "weights"}


def custom_operator(path: Path) -> Path:
    model = onnx.load(identity_model(path, 1))
    model.graph.node[-1].domain, model.graph.node[-1].op_type = "com.acme", "Sharpen"
    model.opset_import.append(helper.make_opsetid("com.acme", 1))
    path.write_bytes(model.SerializeToString())
    return path


def of_shape(path: Path, shape: list[object], kind: int = TensorProto.FLOAT) -> Path:
    values = [helper.make_tensor_value_info(name, kind, shape) for name in ("input", "output")]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["input"], ["output"])], "g", values[:1], values[1:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


def cut(path: Path, keep: int) -> Path:
    path.write_bytes(path.read_bytes()[:keep])
    return path


def lying_model(path: Path) -> Path:
    """Twice the size, and a card that says three times."""
    network = Network()
    return save_network(path, network, network.nearest(network.input, 2), scale=3)


BAD = {
    "missing": (lambda p: p, "There is no model file"),
    "text": (lambda p: (p.write_text("not a model"), p)[1], "cannot be loaded: it is"),
    "empty": (lambda p: (p.write_bytes(b""), p)[1], "it has no graph"),
    "cut": (lambda p: cut(unet_model(p), 3000), "cut off"),
    "custom": (custom_operator, r"operators that are not ONNX Runtime's own \(com.acme.Sharpen\)"),
    "outside": (lambda p: external_model(p, "../weights.bin"), "which is outside its folder"),
    "absolute": (lambda p: external_model(p, "/etc/passwd"), "'/etc/passwd', which is outside its folder"),
    "windows": (lambda p: external_model(p, "C:\\weights.bin"), "which is outside its folder"),
    "5-D": (lambda p: of_shape(p, [1, 3, 5, "h", "w"]), "has 5 dimensions, not the 4 of pictures"),
    "vector": (lambda p: of_shape(p, [1, 10]), "has 2 dimensions"),
    "gray": (lambda p: of_shape(p, [1, 1, "h", "w"]), "takes 1 channels, not RGB"),
    "integers": (lambda p: of_shape(p, [1, 3, "h", "w"], TensorProto.UINT8), r"takes tensor\(uint8\)"),
    "half fixed": (lambda p: of_shape(p, [1, 3, 64, "w"]), "only one of height and width is free"),
    "small": (lambda p: of_shape(p, [1, 3, 64, 16]), "takes only 16 x 64 pixels, too few"),
    "newer": (
        lambda p: with_metadata(identity_model(p), {"unfade.card": '{"version": 9}'}),
        "the card is of version 9, but this Unfade knows only 1: update Unfade",
    ),
    "lying": (lying_model, "where its card says"),
    "nan": (nan_model, "no numbers"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_is_refused_leaves_nothing(own: Path, tmp_path: Path, kind: str) -> None:
    make, sentence = BAD[kind]
    path = make(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match=sentence) as caught:
        add_model(path)
    text = str(caught.value)
    assert str(path) in text and ".adding" not in text and text.endswith(".") and "\n" not in text
    assert files(own) == set()


def test_names_that_are_no_models(own: Path, tmp_path: Path) -> None:
    for name in ("model.pth", "a.fp16.onnx"):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(ModelError, match=r"must end in \.onnx|is a float16 variant"):
            add_model(tmp_path / name)
    with pytest.raises(ModelError, match="larger than the 0 MiB"):
        add_model(unet_model(tmp_path / "big.onnx"), limit=100)
    assert files(own) == set()


def test_a_folder_that_cannot_be_written(own: Path, tmp_path: Path) -> None:
    own.write_text("a file in its place")
    with pytest.raises(OutputError, match="cannot be written"):
        add_model(identity_model(tmp_path / "a.onnx"))


def test_changed_missing_and_added_by_hand(own: Path, tmp_path: Path) -> None:
    for name in "abc":
        add_model(identity_model(tmp_path / f"{name}.onnx", 2))
    (own / "b.onnx").write_bytes((own / "c.onnx").read_bytes())
    (own / "c.onnx").unlink()
    identity_model(own / "hand.onnx", 2)
    (own / "junk.onnx").write_bytes(b"junk")
    states = {verdict.name: verdict.state for verdict in verify_models()}
    assert states == {
        "a": ModelState.WHOLE, "b": ModelState.CHANGED, "c": ModelState.MISSING,
        "hand": ModelState.UNKNOWN, "junk": ModelState.UNUSABLE,
    }  # fmt: skip
    assert remove_model("hand") == [own / "hand.onnx"]
    for name in ("nothing", "../own/a", ""):
        with pytest.raises(ModelError, match="There is no model"):
            remove_model(name)


def test_a_damaged_index_is_named(own: Path, tmp_path: Path) -> None:
    add_model(identity_model(tmp_path / "a.onnx"))
    for text in ("{", "[]", json.dumps({"models": {"a": {"files": {"../x": "0"}, "source": ""}}})):
        (own / "index.json").write_text(text)
        with pytest.raises(ModelError, match="index of your models"):
            verify_models()


class Server(BaseHTTPRequestHandler):
    """Serves ``files``; /cut/NAME says more bytes than come, /away/NAME leads off to another address."""

    files: dict[str, bytes]

    def do_GET(self) -> None:
        where, name = self.path.strip("/").split("/")
        if where == "away":
            self.send_response(302)
            self.send_header("Location", f"http://example.invalid/{name}")
            self.end_headers()
            return
        data = self.files.get(name)
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data) * (2 if where == "cut" else 1)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    net = unet_model(tmp_path / "served/net.onnx", 2).read_bytes()
    outside = external_model(tmp_path / "served/big.onnx", "big.bin").read_bytes()
    handler = type("Handler", (Server,), {"files": {"net.onnx": net, "big.onnx": outside}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_download(own: Path, address: str) -> None:
    told: list[tuple[int, int | None]] = []
    model = add_model(f"{address}/files/net.onnx", on_bytes=lambda done, total: told.append((done, total)))
    size = model.path.stat().st_size
    assert told[0] == (0, size) and told[-1] == (size, size)
    assert json.loads((own / "index.json").read_text())["models"]["net"]["source"].endswith("/files/net.onnx")
    assert find_model("net").path == model.path


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/files/none.onnx", "the server says 404"),
        ("/cut/net.onnx", "cannot be downloaded|broke off"),
        ("/away/net.onnx", "only https addresses"),
        ("/files/net.pth", r"must end in \.onnx"),
        ("/files/big.onnx", "keeps its weights in other files"),
    ],
)
def test_downloads_that_fail_leave_nothing(own: Path, address: str, path: str, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        add_model(address + path)
    assert files(own) == set()


def test_more_downloads_that_fail(own: Path, address: str) -> None:
    with pytest.raises(ModelError, match="larger than the 0 MiB"):
        add_model(f"{address}/files/net.onnx", limit=1000)
    for bad in ("http://example.invalid/a.onnx", "ftp://example.invalid/a.onnx", "file:///a.onnx"):
        with pytest.raises(ModelError, match="only https addresses"):
            add_model(bad)

    def stop(*_: object) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(UnfadeError, match="Stopped"):
        add_model(f"{address}/files/net.onnx", on_bytes=stop)
    assert files(own) == set()


def test_a_source_that_may_not_be_read(
    open_folder: Path, as_nobody: AsNobody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the source's fault, not that of the folder of models."""
    monkeypatch.setattr(paths, "models_dir", lambda: open_folder / "own")
    source = identity_model(open_folder / "a.onnx")
    source.chmod(0)
    (open_folder / "locked").mkdir(mode=0)
    for path in (source, open_folder / "locked" / "a.onnx"):
        with as_nobody(), pytest.raises(ModelError) as caught:
            add_model(path)
        assert str(caught.value) == f"The model {path} cannot be read: Permission denied."
    (open_folder / "own" / "index.json").write_text("{}")
    (open_folder / "own" / "index.json").chmod(0)
    with (
        as_nobody(),
        pytest.raises(ModelError, match=r"index of your models, .*, cannot be read: Permission"),
    ):
        verify_models()


@pytest.mark.usefixtures("own")
def test_what_is_neither_a_file_nor_an_address(tmp_path: Path) -> None:
    (tmp_path / "loop.onnx").symlink_to("loop.onnx")
    for source, sentence in (
        (tmp_path / "loop.onnx", "cannot be read: Too many levels of symbolic links"),
        ("~nobody-of-that-name/a.onnx", "There is no model file ~nobody-of-that-name/a.onnx"),
        ("https://[::1/a.onnx", "https://[::1/a.onnx is no address: Invalid IPv6 URL"),
    ):
        with pytest.raises(ModelError, match=re.escape(sentence)):
            add_model(source)
        if "://" not in str(source):
            with pytest.raises(ModelError, match=re.escape(sentence)):
                find_model(source)
