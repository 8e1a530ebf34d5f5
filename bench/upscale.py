"""How fast ``unfade upscale`` is, and how it compares with another program in the same run.

Enlarges one photograph, of a megapixel and to x2 unless told otherwise, each time in a process of its own, by
turns with the other program, so that whatever else the machine does hits both alike; medians are told.

    python bench/upscale.py                                  # Unfade alone
    python bench/upscale.py --photo photo.jpg --threads 2 --rounds 7
    python bench/upscale.py --against "other-upscaler -i {input} -o {output}"

The other program's time inside the engine is read from the last line it prints, where that is JSON with
"engine_seconds" (bench/peer_ncnn.py does so); otherwise whole processes are compared.
Numbers of different runs say little on a machine that does other things: compare ratios.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from unfade.picture import Kernel, Picture, read_picture, resize, write_picture


@dataclass(frozen=True)
class Timing:
    """One process."""

    whole: float
    """Seconds from start to end."""
    engine: float | None
    """Seconds inside the network."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--photo", type=Path, help="a photograph, resampled to a megapixel; noise when left out"
    )
    parser.add_argument("--megapixels", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", metavar="COMMAND", help="the other program, with {input} and {output}")
    parser.add_argument("options", nargs="*", help="after --, options for unfade upscale (--threads 2)")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "photo.png"
        picture = one_megapixel(arguments.photo, arguments.megapixels)
        write_picture(picture, source)
        megapixels = picture.width * picture.height / 1e6
        ours = [sys.executable, "-m", "unfade", "upscale", "{input}", "-o", "{output}", "--json"]
        commands = {"unfade": [*ours, *arguments.options]}
        if arguments.against:
            commands["other"] = shlex.split(arguments.against)
        timings: dict[str, list[Timing]] = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                timings[name].append(run(command, source, Path(folder) / f"{name}.png"))
    report(timings, megapixels)


def one_megapixel(photo: Path | None, megapixels: float) -> Picture:
    """The photograph at about that size, 8-bit RGB."""
    side = round((megapixels * 1e6) ** 0.5)
    if photo is None:
        pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
        return Picture(pixels)
    picture = read_picture(photo)
    factor = side / (picture.width * picture.height) ** 0.5
    size = (round(picture.height * factor), round(picture.width * factor))
    return Picture(resize(picture.pixels, size, Kernel.LANCZOS))


def run(command: list[str], source: Path, target: Path) -> Timing:
    """Runs a command with its places filled in."""
    words = [word.format(input=source, output=target) for word in command]
    started = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    whole = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"{shlex.join(words)} failed:\n{done.stderr}")
    try:
        engine = json.loads(done.stdout.splitlines()[-1])["engine_seconds"]
    except (ValueError, IndexError, KeyError, TypeError):
        engine = None
    return Timing(whole, engine)


def report(timings: dict[str, list[Timing]], megapixels: float) -> None:
    say = sys.stdout.write
    say("| program | input MP/s in the engine | engine s | whole s | outside the engine s |\n")
    say("|---|---|---|---|---|\n")
    medians: dict[str, Timing] = {}
    for name, list_ in timings.items():
        engines = [timing.engine for timing in list_ if timing.engine is not None]
        engine = statistics.median(engines) if engines else None
        whole = statistics.median(timing.whole for timing in list_)
        medians[name] = Timing(whole, engine)
        known = (f"{megapixels / engine:.3f}", f"{engine:.2f}") if engine else ("?", "?")
        outside = f"{whole - engine:.2f}" if engine else "?"
        say(f"| {name} | {known[0]} | {known[1]} | {whole:.2f} | {outside} |\n")
    if "other" in medians:
        ours, other = medians["unfade"], medians["other"]
        if ours.engine and other.engine:
            say(f"\nIn the engine unfade is {other.engine / ours.engine:.2f} times as fast.\n")
        say(f"\nAs a whole unfade is {other.whole / ours.whole:.2f} times as fast.\n")


if __name__ == "__main__":
    main()
