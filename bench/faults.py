"""What is left of a run that is killed, finds the disk full, or is not alone: whole files, or none.

    python bench/faults.py kills --count 200     # SIGKILL at random moments of a folder run
    python bench/faults.py writes --count 200    # the same of settings, queue, marks, models, checkpoints
    python bench/faults.py full                  # no file may have more than n bytes, for 64 n
    python bench/faults.py together --count 10   # four runs into one folder, five `models add` at once
    python bench/faults.py slow                  # a picture of 60 kB that comes at 10 kB a second

Random moments come from a fixed seed. Each prints a table row, and exits with 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.models import unet_model

from unfade.picture import Picture, write_picture

PICTURES = ("a.png", "b.jpg", "c.tif", "d.webp", "e.bmp")


class Folder:
    """Pictures, a small model, and what an undisturbed run makes of them."""

    def __init__(self, folder: Path, side: int = 96) -> None:
        self.folder, self.source = folder, folder / "in"
        self.source.mkdir()
        noise = np.random.default_rng(0)
        for name in PICTURES:
            write_picture(Picture(noise.integers(0, 256, (side, side, 3), np.uint8)), self.source / name)
        self.model = unet_model(folder / "net.onnx")
        self.expected = self.undisturbed()

    def command(self, target: Path, *options: str) -> list[str]:
        words = ["upscale", str(self.source), "-o", str(target), "--model", str(self.model)]
        return [sys.executable, "-m", "unfade", *words, "--device", "cpu", *options]

    def start(self, target: Path, *options: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "XDG_STATE_HOME": str(self.folder / "state")}
        return subprocess.Popen(
            self.command(target, *options),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def undisturbed(self) -> dict[str, str]:
        started = time.perf_counter()
        running = self.start(self.folder / "whole")
        assert running.wait() == 0, running.communicate()
        self.seconds = time.perf_counter() - started
        return digests(self.folder / "whole")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file."""
    if not folder.is_dir():
        return {}
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def kills(folder: Path, count: int, seed: int = 0) -> dict[str, int]:
    """Kills runs into one folder, each going on where the last was killed, until it is full; and anew.

    Gives how many were killed, how many half files they left behind, and how many files were not those of an
    undisturbed run, when a run was killed and when one ended.
    """
    given, moments = Folder(folder), random.Random(seed)
    found = {"kills": 0, "half files left": 0, "wrong files": 0, "runs that ended": 0, "left after them": 0}
    target, number = folder / "out0", 0
    while found["kills"] < count:
        running = given.start(target, "--skip-existing")
        try:
            code = running.wait(timeout=moments.uniform(0, 1.1 * given.seconds))
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            code = running.wait()
        made = digests(target)
        whole = {name: digest for name, digest in made.items() if not name.endswith(".part")}
        found["wrong files"] += sum(given.expected.get(name) != digest for name, digest in whole.items())
        if code == 0:
            found["runs that ended"] += 1
            found["left after them"] += len(made) - len(whole)
            found["wrong files"] += len(given.expected.keys() - whole.keys())
            number += 1
            target = folder / f"out{number}"
        else:
            found["kills"] += 1
            found["half files left"] += len(made) - len(whole)
    return found


Round = Callable[[int], object]
"""Writes, or reads and gives, round `n` of what is kept; a round looks different from all others."""


def kept_things(folder: Path) -> dict[str, tuple[Round, Callable[[], int | None]]]:
    """What is kept on the disk: how round `n` is written, and which round is found there (None: nothing).

    Whoever reads raises where what is there is not one round alone.
    """
    import torch

    from unfade.filters import HINTS
    from unfade.models import card_of
    from unfade.models.library import add_model
    from unfade.paths import models_dir, read_json
    from unfade.ui.marks import save_marks
    from unfade.ui.queue.model import Item
    from unfade.ui.queue.store import QueueStore
    from unfade.ui.settings import Settings
    from unfade_training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

    def one(rounds: Iterable[int]) -> int | None:
        found = set(rounds)
        assert len(found) <= 1, f"{found} at once"
        return found.pop() if found else None

    os.environ["UNFADE_MODELS"] = str(folder / "models")
    os.environ["HOME"] = os.environ["XDG_DATA_HOME"] = str(folder)
    assert models_dir().is_relative_to(folder)  # not the user's own
    models = [unet_model(folder / f"m{turn}" / "net.onnx", name="net", title=f"{turn}") for turn in (0, 1)]
    picture, checkpoint = folder / "picture.png", folder / "last.safetensors"

    def write_settings(number: int) -> None:
        settings = Settings(folder / "window.ini")
        for name in range(20):
            settings.set_number(f"n{name}", number)
        assert settings.save()

    def read_settings() -> int | None:
        settings = Settings(folder / "window.ini")
        return one(settings.number(f"n{name}", 0, 0, 2**30) for name in range(20)) or None

    @functools.cache
    def own_store(_process: int) -> QueueStore:
        return QueueStore(folder / "queue")

    def write_queue(number: int) -> None:
        store = own_store(os.getpid())
        store.keep([Item(0, Path(f"/{number}/{each}.png"), Path("/")) for each in range(50)])
        store.wait()

    def read_queue() -> int | None:
        store = QueueStore(folder / "queue")
        items = store.take_over()
        store.close()
        shutil.rmtree(folder / "queue", ignore_errors=True)  # it would be taken over once more
        assert len(items) in (0, 50), len(items)
        return one(int(item.source.parts[1]) for item in items)

    def write_marks(number: int) -> None:
        hints = HINTS.read([{"x": number, "y": each, "color": "#a0b1c2"} for each in range(50)])
        save_marks(picture, ("colorize", "hints"), hints, folder / "own")

    def read_marks() -> int | None:
        paths = [path for path in folder.glob("picture*") if not path.name.endswith(".part")]
        return one(int(hint["x"]) for path in paths for hint in read_json(path))

    def write_model(number: int) -> None:
        add_model(models[number % 2], replace=True)

    def read_model() -> int | None:
        path = models_dir() / "net.onnx"
        return int(str(card_of(path).title)) if path.exists() else None

    def write_checkpoint(number: int) -> None:
        tensors = {str(each): torch.full((5000,), float(number)) for each in range(20)}
        save_checkpoint(checkpoint, Checkpoint({"g": tensors}, "", {"step": number}))

    def read_checkpoint() -> int | None:
        if not checkpoint.exists():
            return None
        found = load_checkpoint(checkpoint)
        return one([int(found.state["step"]), *(int(t.unique().item()) for t in found.tensors["g"].values())])

    return {
        "settings": (write_settings, read_settings),
        "queue": (write_queue, read_queue),
        "marks beside a picture": (write_marks, read_marks),
        "models add": (write_model, read_model),
        "checkpoint": (write_checkpoint, read_checkpoint),
    }


def writes(folder: Path, count: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Kills processes that keep things, `count` times for each: what is there afterwards is a round, whole.

    A child writes rounds one after the other, as fast as it can, until it is killed.
    """
    moments = random.Random(seed)
    for name, (write, read) in kept_things(folder).items():
        found: dict[str, Any] = {"what": name, "kills": 0, "rounds written": 0, "wrong": 0, "lost": 0}
        started = time.perf_counter()
        _killed_writing(write, 1, None)
        seconds, last, number = time.perf_counter() - started, read(), 1
        for _ in range(count):
            done = _killed_writing(write, number + 1, moments.uniform(0, 6 * seconds))
            found["kills"] += 1
            found["rounds written"] += done
            sure, number = number + done if done else last, number + done + 1
            if name == "queue" and not done:
                sure = None  # reading takes it away
            try:
                last = read()
            except Exception as error:
                found["wrong"] += 1
                found["what"] = f"{name} ({error})"
                continue
            expected = {sure, number} if name != "models add" else {sure and sure % 2, number % 2}
            found["lost"] += last is None and sure is not None
            found["wrong"] += last is not None and last not in expected
        yield found


def _killed_writing(write: Round, first: int, seconds: float | None) -> int:
    """How many rounds a child wrote until it was killed after so many seconds; None: it ends after one."""
    mine, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            for number in range(first, first + 1 if seconds is None else sys.maxsize):
                write(number)
                os.write(theirs, b".")
        os._exit(0)
    os.close(theirs)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(mine, "rb") as pipe:
        return len(pipe.read())


def full(folder: Path, sizes: Sequence[int] | None = None) -> dict[str, int]:
    """Runs where no file may grow beyond n bytes, which a full disk is to whoever writes it."""
    given = Folder(folder, 48)
    largest = max(path.stat().st_size for path in (folder / "whole").iterdir())
    sizes = sizes or [round(largest * share / 64) for share in range(64)]
    found = {"runs": 0, "pictures refused": 0, "without a sentence": 0, "wrong files": 0, "left behind": 0}
    for size in sizes:
        target = folder / f"at{size}"
        running = subprocess.Popen(
            given.command(target, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (size, size))
        out, _ = running.communicate()
        found["runs"] += 1
        for line in out.splitlines():
            error = json.loads(line)["error"]
            found["pictures refused"] += error is not None
            found["without a sentence"] += error is not None and "there is no room left" not in error
        made = digests(target)
        found["wrong files"] += sum(given.expected.get(name) != digest for name, digest in made.items())
        found["left behind"] += sum(name.endswith(".part") for name in made)
    return found


def together(folder: Path, count: int) -> dict[str, int]:
    """Four runs into one folder at once; then five processes that add a model each, two of one name."""
    given = Folder(folder)
    found = {"rounds": 0, "wrong or lost files": 0, "models lost": 0, "models added twice": 0}
    for number in range(count):
        target = folder / f"out{number}"
        runs = [given.start(target) for _ in range(4)]
        for running in runs:
            running.communicate()
        made = digests(target)
        found["wrong or lost files"] += sum(
            given.expected.get(name) != made.get(name) for name in {*given.expected, *made}
        )
        home = folder / f"home{number}"
        names = [f"n{each}" for each in range(3)] + ["same", "same"]
        adding = []
        for place, name in enumerate(names):
            (folder / str(place)).mkdir(exist_ok=True)
            model = unet_model(folder / str(place) / f"{name}.onnx", name=name)
            environment = {**os.environ, "XDG_DATA_HOME": str(home), "XDG_STATE_HOME": str(home)}
            words = [sys.executable, "-m", "unfade", "models", "add", str(model)]
            adding.append(
                subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            )
        codes = [each.communicate() and each.returncode for each in adding]
        index = json.loads((home / "unfade" / "models" / "index.json").read_text())["models"]
        found["models lost"] += len({*names} - index.keys())
        found["models added twice"] += codes[3:] not in ([0, 1], [1, 0])
        found["rounds"] += 1
    return found


def slow(folder: Path, rate: int = 10_000, size: int = 60_000) -> dict[str, Any]:
    """A picture that comes through a pipe so many bytes a second; the same, asked to stop in the middle."""
    given = Folder(folder, 48)
    noise = np.random.default_rng(0)
    source, target = folder / "slow.bmp", folder / "slow.png"
    side = round((size / 3) ** 0.5)
    write_picture(Picture(noise.integers(0, 256, (side, side, 3), np.uint8)), source)
    whole = folder / "fast.png"
    words = [sys.executable, "-m", "unfade", "upscale", "--model", str(given.model), "--device", "cpu"]
    subprocess.run([*words, str(source), "-o", str(whole)], capture_output=True, check=True)
    found: dict[str, Any] = {}
    for what, stops in (("came slowly", False), ("stopped in the middle", True)):
        running = subprocess.Popen(
            [*words, "-", "-o", str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        assert running.stdin is not None
        while not list(folder.glob("unfade-*/stdin")) and running.poll() is None:  # until it reads
            time.sleep(0.05)
        started = time.perf_counter()
        data = source.read_bytes()
        for at in range(0, len(data) // (2 if stops else 1), rate // 10):
            running.stdin.write(data[at : at + rate // 10])
            running.stdin.flush()
            time.sleep(0.1)
        asked = time.perf_counter()
        if stops:
            running.send_signal(signal.SIGINT)
            _, errors = running.communicate()
            code = running.returncode
            sys.stderr.write(errors.decode())
            found[f"{what}: exit, seconds"] = f"{code}, {time.perf_counter() - asked:.1f}"
            found["left behind"] = int(target.exists()) + len(list(folder.glob("*unfade-*")))
            found["bad"] += int(code != 130) + found["left behind"]
        else:
            _, errors = running.communicate()
            same = running.returncode == 0 and target.read_bytes() == whole.read_bytes()
            found[f"{what}: seconds"] = round(asked - started, 1)
            found["result"] = "the same" if same else f"another, {errors.decode()[-200:]}"
            target.unlink(missing_ok=True)
            found["bad"] = int(not same)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["kills", "writes", "full", "together", "slow"])
    parser.add_argument("--count", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.what == "kills":
            found = kills(folder, arguments.count)
            bad = found["wrong files"] + found["left after them"]
        elif arguments.what == "writes":
            rows = list(writes(folder, arguments.count))
            sys.stdout.write("| " + " | ".join(rows[0]) + " |\n" + "|---" * len(rows[0]) + "|\n")
            for row in rows:
                sys.stdout.write("| " + " | ".join(str(value) for value in row.values()) + " |\n")
            return int(any(row["wrong"] or row["lost"] for row in rows))
        elif arguments.what == "slow":
            found = slow(folder)
            bad = found.pop("bad")
        elif arguments.what == "full":
            found = full(folder)
            bad = found["wrong files"] + found["left behind"] + found["without a sentence"]
        else:
            found = together(folder, arguments.count)
            bad = sum(found.values()) - found["rounds"]
    sys.stdout.write("| " + " | ".join(found) + " |\n" + "|---" * len(found) + "|\n")
    sys.stdout.write("| " + " | ".join(str(value) for value in found.values()) + " |\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
