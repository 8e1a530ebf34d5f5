"""Tar shards: named, packed, drawn from in visits, lost in mid-run, and the same after a resume."""

from __future__ import annotations

import tarfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from fsspec.implementations.memory import MemoryFileSystem
from PIL import Image

from unfade_training import train as train_module
from unfade_training.checkpoint import load_checkpoint
from unfade_training.cli import app
from unfade_training.config import parse_recipe, with_overrides
from unfade_training.data import (
    ShardedPatches,
    ShardStore,
    Visits,
    pack,
    shard_names,
)
from unfade_training.data.shards import AT_ONCE
from unfade_training.degradations import Clean
from unfade_training.device import Machine
from unfade_training.errors import TrainingError
from unfade_training.train import Run, train

from .photos import RECIPE, noise_photo, photo_folder

CPU = Machine("cpu", 1)
SMALL = 0.04  # megabytes: one photograph of noise a shard


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photo_folder(tmp_path_factory.mktemp("photos"), count=10)


@pytest.fixture
def shards(photos: Path, tmp_path: Path) -> Path:
    pack([photos], tmp_path / "shards", megabytes=2 * SMALL)
    return tmp_path / "shards"


def store_of(shards: Path, cache: Path, **options: float) -> ShardStore:
    return ShardStore(shard_names([shards]), cache, min_side=32, **options)  # type: ignore[arg-type]


def patches_of(store: ShardStore, *, batch: int = 4, patches: int = 4) -> ShardedPatches:
    return ShardedPatches(store, Visits(len(store.names), batch, 5, patches), 2, Clean(2), 16, seed=5)


def test_patterns_folders_and_urls_name_shards(shards: Path) -> None:
    assert shard_names(["a-{08..10}.tar", Path("b.tar")]) == ["a-08.tar", "a-09.tar", "a-10.tar", "b.tar"]
    assert shard_names(["s3://bucket/{0..1}/x-{0..1}.tar"])[2] == "s3://bucket/1/x-0.tar"
    assert [Path(name).name for name in shard_names([shards])][:2] == [
        "photos-000000.tar",
        "photos-000001.tar",
    ]
    files = MemoryFileSystem()
    files.pipe_file("/somewhere/x-0.tar", (shards / "photos-000000.tar").read_bytes())
    assert shard_names(["memory://somewhere"]) == ["memory:///somewhere/x-0.tar"]
    assert shard_names([shards.parent]) == [], "a folder of photographs"
    with pytest.raises(TrainingError, match="shards and folders"):
        shard_names([shards, shards.parent])
    with pytest.raises(TrainingError, match="ends before it begins"):
        shard_names(["a-{3..1}.tar"])


def test_packing_keeps_the_files_and_is_the_same_each_time(photos: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(
        app, ["pack", str(photos), "-o", str(tmp_path / "a"), "--megabytes", str(2 * SMALL)]
    )
    assert shown.exit_code == 0 and "photos-000000.tar to photos-00000" in shown.output
    again = pack([photos], tmp_path / "b", megabytes=2 * SMALL)
    names = []
    for number, shard in enumerate(again):
        assert shard.read_bytes() == (tmp_path / "a" / f"photos-{number:06}.tar").read_bytes()
        with tarfile.open(shard) as tar:
            names += tar.getnames()
            for member in tar:
                content = tar.extractfile(member)
                assert content and content.read() == (photos / member.name).read_bytes()
    assert sorted(names) == [
        f"{'ab'[n % 2]}/photo{n}.png" for n in sorted(range(10), key=lambda n: (n % 2, n))
    ]
    assert names != sorted(names), "each shard is a sample of all"


def test_a_name_with_dots_is_one_name(tmp_path: Path) -> None:
    (tmp_path / "photos" / "a" / "b").mkdir(parents=True)
    noise_photo(1).save(tmp_path / "photos" / "a" / "b" / "my.best.png")
    (shard,) = pack([tmp_path / "photos"], tmp_path / "shards")
    with tarfile.open(shard) as tar:
        assert tar.getnames() == ["a/b-my_best.png"]


def test_shards_hold_the_photographs_from_anywhere(photos: Path, shards: Path, tmp_path: Path) -> None:
    files = MemoryFileSystem()
    for shard in shards.iterdir():
        files.pipe_file(f"/far/{shard.name}", shard.read_bytes())
    near = store_of(shards, tmp_path / "near")
    far = ShardStore(shard_names(["memory://far"]), tmp_path / "far", min_side=32)
    seen = {}
    for names in zip(near.names, far.names, strict=True):
        both = [store.open(name) for store, name in zip((near, far), names, strict=True)]
        assert both[0] and both[1] and both[0].photos == both[1].photos
        for photo in both[0].photos:
            inside = photo.name.partition("/")[2]
            assert photo.group == inside[0] and np.array_equal(both[0].pixels(photo), both[1].pixels(photo))
            seen[inside] = both[0].pixels(photo)
    assert len(seen) == 10
    for name, pixels in seen.items():
        with Image.open(photos / name) as image:
            np.testing.assert_array_equal(pixels, np.asarray(image))


def test_every_shard_is_visited_once_an_epoch_and_processes_need_their_own() -> None:
    visits = Visits(shards=20, batch=16, seed=3, patches=32)
    of = [next(visits.candidates(index)) for index in range(2 * 768)]
    length = AT_ONCE * 32  # patches of a visit
    for epoch in (of[:768], of[768:]):
        sets = [set(epoch[first : first + length]) for first in range(0, 768, length)]
        assert [len(each) for each in sets] == [8, 8, 8] and set.union(*sets) == set(range(20))
    assert of[:768] != of[768:]
    halves = [{of[i] for i in range(length) if i % 16 // 8 == half} for half in (0, 1)]
    assert [len(half) for half in halves] == [4, 4] and not halves[0] & halves[1]
    few = Visits(shards=20, batch=2, seed=3, patches=32)
    assert len({next(few.candidates(i)) for i in range(length)}) == 8, "steps take turns"


def test_patch_i_is_a_pure_function_of_seed_and_i(shards: Path, tmp_path: Path) -> None:
    whole, again = (patches_of(store_of(shards, tmp_path / name)) for name in "ab")
    first = [whole[index].target for index in range(48)]
    assert torch.equal(again[41].target, first[41]) and torch.equal(again[7].target, first[7])
    # without room for more than one shard at a time it is slower, and the same
    poor = patches_of(store_of(shards, tmp_path / "poor", room=1e-9))
    assert all(torch.equal(poor[index].target, first[index]) for index in (0, 1, 17, 40, 2))
    assert len(list((tmp_path / "poor").glob("*.rgb"))) < len(list((tmp_path / "a").glob("*.rgb"))) == 5


def test_what_is_held_out_stays_and_is_not_drawn(shards: Path, tmp_path: Path) -> None:
    store = store_of(shards, tmp_path / "cache")
    held = store.held_out(2)
    moved = tmp_path / "elsewhere"
    shards.rename(moved)
    other = store_of(moved, tmp_path / "cache2")
    assert other.held_out(2) == held and len({photo.name for photo in other.held_out(4)}) == 4
    data = patches_of(other)
    assert held[0].name not in {photo.name for index in range(80) for photo in data.photos_of(index).photos}
    assert len({photo.name for index in range(80) for photo in data.photos_of(index).photos}) == 8
    with pytest.raises(TrainingError, match="too few photographs to hold out 11"):
        other.held_out(11)


@pytest.mark.parametrize("how", ["lost", "cut", "empty"])
def test_a_shard_that_cannot_be_read_is_named_once_and_left_out(
    how: str, shards: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    held = {photo.name.partition("/")[0] for photo in store_of(shards, tmp_path / "look").held_out(2)}
    victim = next(path for path in sorted(shards.iterdir()) if path.stem not in held)
    store, second = (store_of(shards, tmp_path / "cache") for _ in range(2))
    if how == "lost":
        victim.unlink()
        store.names.append(str(victim))
        second.names.append(str(victim))
    elif how == "cut":
        victim.write_bytes(victim.read_bytes()[:20_000])
    else:
        with tarfile.open(victim, "w"):
            pass
    for each in (store, second):  # as in two processes
        data = patches_of(each)
        for index in range(80):
            assert not any(p.name.startswith(victim.stem) for p in data.photos_of(index).photos)
    assert caplog.text.count("left out the shard") == 1 and victim.name in caplog.text
    store.try_again()
    patches_of(store_of(shards, tmp_path / "cache"))


def test_the_held_out_shard_must_be_there(shards: Path, tmp_path: Path) -> None:
    names = shard_names([shards])
    first = store_of(shards, tmp_path / "look").held_out(1)[0].name.partition("/")[0]
    (shards / f"{first}.tar").unlink()
    with pytest.raises(
        TrainingError, match=rf"The shard .*{first}\.tar cannot be read, and photographs in it"
    ):
        ShardStore(names, tmp_path / "cache", min_side=32).held_out(1)
    # what is decoded is enough
    assert ShardStore(names, tmp_path / "look", min_side=32).held_out(1)[0].name.startswith(first)


def test_no_shard_left_is_one_sentence(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="Of 5 shards none can be read and has photographs of 416 pixels"):
        ShardedPatches(store_of(shards, tmp_path / "c"), Visits(5, 4, 5), 2, Clean(2), 200, seed=5)


def test_a_shard_lost_in_mid_run_and_a_resume(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two runs lose a shard at step 4 and go on; the second is killed at step 8, too, and goes on again."""
    monkeypatch.setattr("unfade_training.data.shards.AT_ONCE", 1)
    overrides = {"stage.steps": 16, "stage.validate_every": 4, "data.shard_patches": 8}
    recipe = with_overrides(parse_recipe(RECIPE, "tiny"), overrides, "tiny")
    held = {photo.name.partition("/")[0] for photo in store_of(shards, tmp_path / "look").held_out(2)}
    visited = [next(Visits(5, 4, recipe.seed, 8).candidates(4 * step)) for step in range(16)]
    victim = next(
        path
        for path in (shards / f"photos-{number:06}.tar" for number in visited[6:])
        if path.stem not in held and int(path.stem[-6:]) not in visited[:6]
    )
    content = victim.read_bytes()
    save = train_module.save_last
    ends = []
    for name, killed in (("unbroken", 0), ("broken", 8)):
        victim.write_bytes(content)
        caplog.clear()

        def lose(
            run: Run, stage: Any = None, step: int = 0, progress: float = 0.0, killed: int = killed
        ) -> None:
            save(run, stage, step, progress)
            if step == 4:
                victim.unlink()
            if killed and step == killed:
                raise KeyboardInterrupt

        folder = tmp_path / name / "run"
        with monkeypatch.context() as patch:
            patch.setattr(train_module, "save_last", lose)
            with pytest.raises(KeyboardInterrupt) if killed else nullcontext():
                train(recipe, folder, [shards], CPU)
        if killed:
            train(recipe, folder, [shards / f"photos-{{000000..{4:06}}}.tar"], CPU)
        ends.append(load_checkpoint(folder / "last.safetensors"))
        assert victim.name in caplog.text
    assert ends[0].state == ends[1].state
    for name, tensor in ends[0].tensors["generator"].items():
        assert torch.equal(tensor, ends[1].tensors["generator"][name]), name
