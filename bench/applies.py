"""An editor's Apply that is killed in the middle, from either side; the one-file client and the real engine.

    python bench/applies.py engine --count 200    # SIGKILL of the engine at random moments of an Apply
    python bench/applies.py editor --count 200    # SIGKILL of the process that asked for it

After the first the editor has a sentence, soon, and the next Apply gives the bytes of an undisturbed one;
after the second the engine is gone, soon, and nothing of it is left. Random moments come from a fixed seed.
Each prints a table row, and exits with 1 where anything went wrong. Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.models import unet_model

from unfade.service.client import Client, EngineError

SIDE = 512  # of the picture
SOON = 5.0  # seconds


class Editor:
    """A picture, a filter, and an engine whose files all lie in one folder."""

    def __init__(self, folder: Path, side: int = SIDE) -> None:
        self.folder, self.side = folder, side
        for name in ("tmp", "home"):
            (folder / name).mkdir(exist_ok=True)
        self.model = unet_model(folder / "net.onnx", channels=12)
        self.pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8).tobytes()

    def start(self) -> Client:
        homes = {
            f"XDG_{kind}_HOME": str(self.folder / "home") for kind in ("DATA", "STATE", "CACHE", "CONFIG")
        }
        environment = {
            "TMPDIR": str(self.folder / "tmp"),
            "UNFADE_SCRATCH": str(self.folder / "tmp"),
            **homes,
        }
        return Client(sys.executable, ["--device", "cpu"], environment=environment)

    def apply(self, client: Client) -> bytes:
        options = {"scale": 2, "model": str(self.model)}
        return bytes(client.apply("upscale", options, self.side, self.side, 3, "u8", self.pixels).pixels)


def engine(folder: Path, count: int, seed: int = 0, side: int = SIDE) -> dict[str, Any]:
    """Kills the engine `count` times, each in a second Apply of its own."""
    editor, moments = Editor(folder, side), random.Random(seed)
    with editor.start() as client:
        expected = editor.apply(client)
    found = {"kills": 0, "in the middle": 0, "told late or not": 0, "other results": 0, "left behind": 0}
    slowest = 0.0
    while found["kills"] < count:
        with editor.start() as client:
            started = time.perf_counter()
            found["other results"] += editor.apply(client) != expected
            whole = time.perf_counter() - started
            killed = threading.Timer(moments.uniform(0, whole), os.kill, (client.pid, signal.SIGKILL))
            killed.start()
            began = time.perf_counter()
            try:
                found["other results"] += editor.apply(client) != expected
            except EngineError as error:
                seconds = time.perf_counter() - began - killed.interval
                slowest = max(slowest, seconds)
                found["in the middle"] += 1
                found["told late or not"] += (
                    seconds > SOON or error.kind != "died" or not str(error).endswith(".")
                )
            killed.join()
            found["kills"] += 1
        found["left behind"] += len(list((folder / "tmp").iterdir()))
    return {**found, "slowest sentence, s": round(slowest, 2)}


def editor(folder: Path, count: int, seed: int = 0, side: int = SIDE) -> dict[str, Any]:
    """Kills the process that applies, `count` times: its engine ends by itself."""
    Editor(folder, side)
    moments = random.Random(seed)
    found = {"kills": 0, "engines that stayed": 0, "left behind": 0}
    slowest, whole = 0.0, 1.0
    for _ in range(count):
        words = ["ask", "--folder", str(folder), "--side", str(side)]
        asking = subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True)
        assert asking.stdout is not None
        pid = int(asking.stdout.readline())
        started = time.perf_counter()
        try:
            asking.wait(moments.uniform(0, whole))
            whole = time.perf_counter() - started  # it was over: sooner the next time
        except subprocess.TimeoutExpired:
            whole *= 1.02
        asking.kill()
        asking.wait()
        killed = time.perf_counter()
        while lives(pid) and time.perf_counter() - killed < SOON:
            time.sleep(0.01)
        slowest = max(slowest, time.perf_counter() - killed)
        found["kills"] += 1
        found["engines that stayed"] += lives(pid)
        found["left behind"] += len(list((folder / "tmp").iterdir()))
    return {**found, "slowest end, s": round(slowest, 2)}


def faults_in(found: dict[str, Any]) -> bool:
    """Whether anything went wrong."""
    good = ("kills", "in the middle", "slowest sentence, s", "slowest end, s")
    return any(value for name, value in found.items() if name not in good)


def lives(pid: int) -> bool:
    """Whether a process runs; one that nobody has asked for its end yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def ask(folder: Path, side: int) -> None:
    """What is killed: says which process its engine is, and applies."""
    asking = Editor(folder, side)
    with asking.start() as client:
        print(client.pid, flush=True)
        asking.apply(client)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["engine", "editor", "ask"])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--side", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.what == "ask":
        ask(arguments.folder, arguments.side)
        return 0
    with tempfile.TemporaryDirectory() as name:
        found = {"engine": engine, "editor": editor}[arguments.what](Path(name), arguments.count)
    sys.stdout.write("| " + " | ".join(found) + " |\n" + "|---" * len(found) + "|\n")
    sys.stdout.write("| " + " | ".join(str(value) for value in found.values()) + " |\n")
    return int(faults_in(found))


if __name__ == "__main__":
    sys.exit(main())
