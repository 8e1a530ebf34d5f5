"""What is left of a run that is killed, finds the disk full, or is not alone: whole files, or none.

    python bench/faults.py kills --count 200     # SIGKILL at random moments of a folder run
    python bench/faults.py full                  # no file may have more than n bytes, for 64 n
    python bench/faults.py together --count 10   # four runs into one folder, five `models add` at once

Random moments come from a fixed seed. Each prints a table row, and exits with 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

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


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["kills", "full", "together"])
    parser.add_argument("--count", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.what == "kills":
            found = kills(folder, arguments.count)
            bad = found["wrong files"] + found["left after them"]
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
