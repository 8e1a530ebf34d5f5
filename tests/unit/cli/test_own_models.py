"""``unfade models add``, ``verify`` and ``remove``: the user's own models, used at once."""

from __future__ import annotations

import json

from tests.models import cardless_model, identity_model
from tests.unit.cli.conftest import Shell
from unfade.picture import Picture


def test_add_use_verify_remove(shell: Shell, photo: Picture) -> None:
    cardless_model(shell.folder / "mine.onnx", 2)
    added = shell.run_alone("models", "add", "mine.onnx")
    assert (added.code, added.err) == (0, "") and added.out.startswith("mine  upscale  x2  ")
    assert "mine" in shell.run("models", "list").out
    record = json.loads(shell.run("models", "info", "mine", "--json").out)
    assert (record["scale"], record["tiling"], record["source"]) == (2, "blend", "user")
    done = shell.run("upscale", "photo.png", "-o", "out.png", "--model", "mine", "--device", "cpu")
    assert done.code == 0, done.err
    assert shell.run("models", "verify").out == "mine  whole\n"
    copy = next((shell.folder / "home").rglob("mine.onnx"))
    copy.write_bytes(copy.read_bytes() + b"\x72\x00")  # still a model, with one more empty entry
    changed = shell.run_alone("models", "verify")
    assert (changed.code, changed.out) == (1, "mine  changed\n")
    assert changed.err.count("\n") == 1 and str(copy) in changed.err
    assert shell.run("models", "remove", "mine").out == f"deleted {copy}\n"
    assert not copy.exists() and "mine" not in shell.run("models", "list").out
    assert photo.height == 30


def test_failures_are_one_sentence(shell: Shell) -> None:
    identity_model(shell.folder / "same.onnx", 2)
    (shell.folder / "text.onnx").write_text("no model")
    assert shell.run("models", "add", "same.onnx").code == 0
    for arguments, words in (
        (("add", "same.onnx"), "among your own already"),
        (("add", "none.onnx"), "There is no model file none.onnx."),
        (("add", "text.onnx"), "The model text.onnx cannot be loaded: it is not an ONNX model."),
        (("add", "http://example.invalid/a.onnx"), "only https addresses"),
        (("remove", "double"), "There is no model 'double' among your own"),
    ):
        result = shell.run("models", *arguments)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert words in result.err
    assert shell.run("models", "add", "--replace", "same.onnx").code == 0
