"""What a further region costs: no model opened, no card made, no list read."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models import colouring_model, identity_model
from tests.unit.service.conftest import picture
from tests.unit.service.raw import frame, image
from unfade.errors import UsageError
from unfade.filters import Recipe
from unfade.inference import Bounds, Device, Engine, Session
from unfade.models import ModelCard, catalog
from unfade.picture import Picture
from unfade.service.connection import Connection
from unfade.service.server import MOST_STORED, Cache, Server

CLEAN = {"filter": "deartifact", "options": {"model": "clean"}}
NET = {"filter": "upscale", "options": {"model": "net"}}
USUAL = {"filter": "upscale", "options": {}}  # whose detail is left to the picture


class Counts(Counter[str]):
    """How often models are opened, cards made, and lists of models read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        opened, card, listed = Session.open, ModelCard.__post_init__, catalog.list_models

        def open_(*args: Any, **more: Any) -> Session:
            self["opened"] += 1
            return opened(*args, **more)

        def made(self_: ModelCard) -> None:
            self["cards"] += 1
            card(self_)

        def list_() -> Any:
            self["lists"] += 1
            return listed()

        monkeypatch.setattr(Session, "open", open_)
        monkeypatch.setattr(ModelCard, "__post_init__", made)
        monkeypatch.setattr(catalog, "list_models", list_)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    return Counts(monkeypatch)


@pytest.mark.parametrize("steps", [[CLEAN, NET], [USUAL]], ids=["named", "usual"])
def test_a_further_region_opens_nothing(
    counts: Counts, tmp_path: Path, steps: list[dict[str, object]]
) -> None:
    to_it, asked = os.pipe()
    ask, answers = os.fdopen(asked, "wb"), tmp_path / "answers"
    connection = Connection(os.fdopen(to_it, "rb"), answers.open("wb"), lambda: None)
    server = Server(Engine(Device.CPU, threads=1), connection)
    connection.start()
    reader = threading.Thread(target=connection.read, args=(server.take,))
    reader.start()
    source = picture(200, 180)
    store = {"type": "store", "id": 1, "picture": "a", "image": image(200, 180)}
    ask.write(frame(store) + frame({"type": "pixels", "id": 1}, source.tobytes()))
    found = []
    for id, (y, x) in enumerate([(0, 0), (100, 90), (50, 40)], start=2):
        apply = {"type": "apply", "id": id, "recipe": {"steps": steps}, "picture": "a", "lane": "p"}
        apply["region"] = {"y": y, "x": x, "height": 60, "width": 50}
        ask.write(frame(apply))
        ask.flush()
        server.run_next()
        found.append(dict(counts))
        counts.clear()
    assert found[0]["opened"] and found[0]["cards"]
    assert found[1:] == [{}, {}]
    ask.close()
    reader.join(10)
    connection.drain(10)
    assert answers.read_bytes().count(b'{"type": "result"') == 4


def recipe(*steps: dict[str, Any]) -> Recipe:
    return Recipe.from_json({"steps": list(steps)})


def test_recipes_stay_open_until_a_model_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = identity_model(tmp_path / "own.onnx", 2)
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))
    cache = Cache(Engine(Device.CPU, threads=1))
    steps = {"filter": "upscale", "options": {"model": "own"}}
    runner = cache.runner(recipe(steps))
    assert cache.runner(recipe(steps)) is runner
    weaker = {**steps, "options": {"model": "own", "strength": 0.5}}
    assert cache.runner(recipe(weaker)) is not runner
    identity_model(path, 3)
    os.utime(path, ns=(1, 1))
    changed = cache.runner(recipe(steps))
    assert changed is not runner
    small = Picture(np.zeros((4, 4, 3), np.uint8))
    assert changed.run(small).picture.height == 8  # x3 brought to scale 2
    identity_model(tmp_path / "other.onnx", 2)
    assert cache.runner(recipe(steps)) is not changed


def test_links_that_lead_nowhere_hide_no_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = identity_model(tmp_path / "own.onnx", 2)
    for number in range(20):
        (tmp_path / f"{number}.onnx").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))
    cache = Cache(Engine(Device.CPU, threads=1))
    steps = {"filter": "upscale", "options": {"model": "own"}}
    runner = cache.runner(recipe(steps))
    assert cache.runner(recipe(steps)) is runner
    os.utime(path, ns=(1, 1))
    assert cache.runner(recipe(steps)) is not runner


def test_chroma_and_what_lies_between_steps_go_with_their_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    colouring_model(tmp_path / "tint.onnx")
    identity_model(tmp_path / "double.onnx", 2)
    monkeypatch.setenv("UNFADE_MODELS", str(tmp_path))
    cache = Cache(Engine(Device.CPU, threads=1))
    runner = cache.runner(
        recipe(
            {"filter": "upscale", "options": {"model": "double"}},
            {"filter": "colorize", "options": {"model": "tint"}},
        )
    )
    cache.store("a", Picture(picture(60, 50)))
    stored = cache.stored("a")
    first = runner.run(stored.picture, region=Bounds(0, 0, 20, 20), memo=stored.memo)
    again = runner.run(stored.picture, region=Bounds(20, 20, 20, 20), memo=stored.memo)
    assert first.report.engine_seconds > 0 and again.report.engine_seconds == 0
    assert cache._memo._kept
    cache.store("a", Picture(picture(60, 50, seed=1)))  # another one of that name
    assert not cache._memo._kept
    with pytest.raises(UsageError, match="No picture is stored under the name 'b'"):
        cache.stored("b")
    for number in range(MOST_STORED - 1):
        cache.check_room(f"p{number}")
        cache.store(f"p{number}", stored.picture)
    cache.check_room("a")
    with pytest.raises(UsageError, match="forget one"):
        cache.check_room("one more")
