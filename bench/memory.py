"""Peak memory of ``unfade upscale`` at several picture sizes, as the Markdown table of docs/memory.md.

Each size runs in a process of its own, and the system, not Unfade, says how much memory it held at most.
What is beyond the pixels read and the pixels to write must not grow with the picture.

    python bench/memory.py                        # 4, 16 and 64 megapixels, x2
    python bench/memory.py --megapixels 4 16 -- --tile 512
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from unfade.picture import Picture, write_picture

MIB = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[4, 16, 64])
    parser.add_argument("--scale", type=float, default=2)
    parser.add_argument("--dtype", choices=["uint8", "uint16"], default="uint8")
    parser.add_argument("options", nargs="*", help="after --, options for unfade upscale")
    arguments = parser.parse_args()
    say = sys.stdout.write
    say("| input | output | input + output held | peak | beyond them | seconds |\n")
    say("|---|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in arguments.megapixels:
            source, target = Path(folder) / "in.tif", Path(folder) / "out.tif"
            picture = photograph(megapixels, arguments.dtype)
            write_picture(picture, source)
            held = picture.pixels.nbytes * (1 + arguments.scale**2)
            del picture
            record, peak = measure(source, target, arguments.scale, arguments.options)
            sizes = ["{}x{}".format(*record[key]) for key in ("input_size", "output_size")]
            amounts = [f"{amount / MIB:.0f} MiB" for amount in (held, peak, peak - held)]
            say(f"| {' | '.join([*sizes, *amounts])} | {record['seconds']:.0f} |\n")
            sys.stdout.flush()


def photograph(megapixels: float, dtype: str) -> Picture:
    """Noise on a gradient, in the shape of a photograph; only its size matters here."""
    height = round((megapixels * 1e6 * 2 / 3) ** 0.5)
    width = round(megapixels * 1e6 / height)
    peak = np.iinfo(dtype).max
    random = np.random.default_rng(0)
    pixels = np.empty((height, width, 3), dtype)
    for y in range(height):
        pixels[y] = random.integers(0, peak // 4, (width, 3)) + y * (peak // 2) // height
    return Picture(pixels)


def measure(source: Path, target: Path, scale: float, options: list[str]) -> tuple[dict[str, Any], int]:
    """The JSON record of a run, and the peak resident memory of its process in bytes."""
    words = [sys.executable, "-m", "unfade", "upscale", str(source), "-o", str(target), "--json"]
    running = subprocess.Popen(
        [*words, "--scale", str(scale), "--device", "cpu", *options], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    line = running.stdout.readline()
    _, status, usage = os.wait4(running.pid, 0)
    if status != 0:
        sys.exit(f"unfade failed with status {status}: {line}")
    unit = 1 if sys.platform == "darwin" else 1024
    return json.loads(line), usage.ru_maxrss * unit


if __name__ == "__main__":
    main()
