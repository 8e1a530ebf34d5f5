"""Peak memory of a filter at several picture sizes, as Markdown tables for docs/memory.md and reliability.md.

Each size runs in a process of its own, and the system, not Unfade, says how much memory it held at most.
With ``--limit`` the system refuses it more than so much memory of its own (RLIMIT_DATA, on Linux).

    python bench/memory.py                        # upscale x2: 4, 16 and 100 megapixels
    python bench/memory.py --megapixels 4 16 -- --tile 512
    python bench/memory.py --filter colorize --megapixels 16 100 400 --limit 2.5
    python bench/memory.py --megapixels 400 --limit 2.5 --quick    # a network of one convolution
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from unfade.picture import Picture, scratch, write_picture

MIB = 1 << 20
FILTERS = ("upscale", "deartifact", "colorize", "denoise", "repair", "revive")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--filter", choices=FILTERS, default="upscale")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[4, 16, 100])
    parser.add_argument("--dtype", choices=["uint8", "uint16"], default="uint8")
    parser.add_argument("--suffix", choices=["tif", "png", "jpg"], default="tif", help="of input and output")
    parser.add_argument("--limit", type=float, metavar="GIB", help="memory that the process may have")
    parser.add_argument("--quick", action="store_true", help="a model that costs no time, for upscale")
    parser.add_argument("options", nargs="*", help="after --, options for the filter")
    arguments = parser.parse_args()
    say = sys.stdout.write
    say("| input | output | input + output | peak | seconds | a megapixel | CPU seconds a megapixel |\n")
    say("|---|---|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder:
        options = [*(["--scale", "2"] if arguments.filter == "upscale" else []), *arguments.options]
        if arguments.quick:
            options += ["--model", str(quick_model(Path(folder) / "quick.onnx"))]
        for megapixels in arguments.megapixels:
            source, target = (Path(folder) / f"{name}.{arguments.suffix}" for name in ("in", "out"))
            picture = photograph(megapixels, arguments.dtype)
            write_picture(picture, source)
            itemsize = picture.pixels.itemsize
            del picture
            words = [arguments.filter, str(source), "-o", str(target), *options]
            record, peak, used = measure(words, arguments.limit)
            sizes = [record[key] for key in ("input_size", "output_size")]
            pixels = sum(width * height * 3 * itemsize for width, height in sizes)
            cells = ["{}x{}".format(*size) for size in sizes]
            cells += [f"{amount / MIB:.0f} MiB" for amount in (pixels, peak)]
            seconds = record["seconds"]
            cells += [f"{seconds:.0f}", f"{seconds / megapixels:.2f}", f"{used / megapixels:.2f}"]
            say(f"| {' | '.join(cells)} |\n")
            sys.stdout.flush()


def quick_model(path: Path) -> Path:
    """Writes a model that doubles a picture by one convolution.

    Its four sub-pixels differ: Deflate finds a row that was written twice in rows of up to 32 KiB and in no
    longer ones, and would make narrow pictures cheaper.
    """
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.models import Network, save_network

    network = Network()
    weights = np.zeros((3, 4, 3))
    for channel in range(3):
        weights[channel, :, channel] = 1.0, 0.95, 0.9, 0.85
    spread = network.mixed(network.input, weights.reshape(12, 3).tolist(), [0.0] * 12)
    return save_network(path, network, network.pixel_shuffle(spread, 2))


def photograph(megapixels: float, dtype: str) -> Picture:
    """Noise on a gradient, in the shape of a photograph; only its size matters here."""
    height = int((megapixels * 1e6 * 2 / 3) ** 0.5)
    width = int(megapixels * 1e6 / height)  # never more than that
    peak = np.iinfo(dtype).max
    random = np.random.default_rng(0)
    pixels = scratch.empty((height, width, 3), dtype)
    for y in range(height):
        pixels[y] = random.integers(0, peak // 4, (width, 3)) + y * (peak // 2) // height
    return Picture(pixels)


def measure(words: list[str], limit: float | None) -> tuple[dict[str, Any], int, float]:
    """The JSON record of a run, the peak resident memory of its process in bytes, and its CPU seconds."""
    running = subprocess.Popen(
        [sys.executable, "-m", "unfade", *words, "--device", "cpu", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    if limit is not None:
        resource.prlimit(running.pid, resource.RLIMIT_DATA, (round(limit * 2**30),) * 2)
    assert running.stdout is not None
    line = running.stdout.readline()
    _, status, usage = os.wait4(running.pid, 0)
    if status != 0:
        sys.exit(f"unfade failed with status {status}: {line}")
    unit = 1 if sys.platform == "darwin" else 1024
    return json.loads(line), usage.ru_maxrss * unit, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
