"""What the service adds to a filter: a large layer through ``unfade serve``, beside the same call in Python.

Sends an RGBA layer of 24 megapixels at 8 bits through the pipe and takes the result twice as large back, with
a model that only repeats pixels; then does the same in this process. What the pipe adds is the whole time
less what the service says the filter took. All times are seconds; the least of several runs says most on a
machine that does other things.

    python bench/round_trip.py
    python bench/round_trip.py --megapixels 12 --rounds 5

What an engine that is kept from one filter to the next would save (Krita's plug-in keeps it, GIMP's is a
process a filter and does not): each shipped model that keeps the size, on 300 x 250 pixels, by turns.

    python bench/round_trip.py --kept
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.models import identity_model

from unfade.filters import UpscaleOptions, find_filter
from unfade.inference import Device, Engine
from unfade.picture import Picture
from unfade.service.client import Client
from unfade.service.server import SERVICE_TILE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kept", action="store_true")
    arguments = parser.parse_args()
    if arguments.kept:
        compare_kept(arguments.rounds)
        return
    height = round((arguments.megapixels * 1e6 * 2 / 3) ** 0.5)
    width = round(arguments.megapixels * 1e6 / height)
    layer = np.random.default_rng(0).integers(0, 256, (height, width, 4), dtype=np.uint8)
    layer[..., 3] = 255
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        identity_model(Path(folder) / "repeat.onnx", 2)
        os.environ["UNFADE_MODELS"] = folder
        say("| | whole | filter | added by the pipe |\n|---|---|---|---|\n")
        with Client(sys.executable, ["--device", "cpu"]) as engine:
            for _ in range(arguments.rounds):
                begun = time.perf_counter()
                result = engine.apply("upscale", {"model": "repeat"}, width, height, 4, "u8", layer)
                whole = time.perf_counter() - begun
                say(f"| service | {whole:.2f} | {result.seconds:.2f} | {whole - result.seconds:.2f} |\n")
                sys.stdout.flush()
                del result
        engine_here = Engine(Device.CPU, tile=SERVICE_TILE)
        for _ in range(arguments.rounds):
            begun = time.perf_counter()
            find_filter("upscale").open(UpscaleOptions(model="repeat"), engine_here).run(Picture(layer))
            say(f"| Python | {time.perf_counter() - begun:.2f} | | |\n")
            sys.stdout.flush()


def compare_kept(rounds: int) -> None:
    """Seconds of a small filter by an engine of its own and by one that has run it before."""
    random = np.random.default_rng(0)
    pixels = np.repeat(np.repeat(random.integers(0, 256, (32, 38, 3), np.uint8), 8, 0), 8, 1)[:250, :300]
    picture = (300, 250, 3, "u8", np.ascontiguousarray(pixels))
    say = sys.stdout.write
    say("| filter | engine of its own | kept | ratio |\n|---|---|---|---|\n")
    for name in ("deartifact", "denoise", "revive"):
        alone, kept = [], []
        with Client(sys.executable, ["--device", "cpu"]) as engine:
            engine.apply(name, {}, *picture)
            for _ in range(rounds):
                begun = time.perf_counter()
                engine.apply(name, {}, *picture)
                kept.append(time.perf_counter() - begun)
                begun = time.perf_counter()
                with Client(sys.executable, ["--device", "cpu"]) as own:
                    own.apply(name, {}, *picture)
                    alone.append(time.perf_counter() - begun)
        say(f"| {name} | {min(alone):.2f} | {min(kept):.2f} | {min(alone) / min(kept):.1f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
