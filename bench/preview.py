"""How long a preview takes: a part of a large picture that ``unfade serve`` holds, from request to pixels.

Starts the service, stores a picture of 24 megapixels in it, and asks for views in its corner, at its edge and
in its middle, where the halo lies on two, three and four sides. All times are seconds; the least of several
runs says most on a machine that does other things.

    python bench/preview.py                                   # 512 x 512, upscale x2
    python bench/preview.py --view 1024 --rounds 5 -- --threads 2
    python bench/preview.py --recipe restore.unfade.json
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from unfade.filters import read_recipe
from unfade.service.client import Client, Result

HEIGHT, WIDTH = 4000, 6000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--view", type=int, default=512, help="side of the view in pixels of the picture")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--filter", default="upscale")
    parser.add_argument("--recipe", type=Path, help="a recipe, instead of the filter")
    parser.add_argument("--channels", type=int, choices=[1, 2, 3, 4], default=4)
    parser.add_argument("options", nargs="*", help="after --, options for unfade serve (--threads 2)")
    arguments = parser.parse_args()
    say = sys.stdout.write
    work: dict[str, Any] = {"filter": arguments.filter, "options": {}}
    if arguments.recipe:
        work = {"filter": None, "options": None, "recipe": read_recipe(arguments.recipe).to_json()}
    view = arguments.view
    middle, across = (HEIGHT - view) // 2, (WIDTH - view) // 2
    places = {"corner": (0, 0), "edge": (middle, 0), "middle": (middle, across)}
    with Client(sys.executable, ["--device", "cpu", *arguments.options]) as engine:
        engine.list()  # as every editor and window does first; it opens the models of the first filter
        engine.store("layer", WIDTH, HEIGHT, arguments.channels, "u8", photograph(arguments.channels))

        def preview(place: str) -> tuple[float, Result]:
            begun = time.perf_counter()
            region = (*places[place], view, view)
            result = engine.submit_stored(name="layer", region=region, **work).result()
            return time.perf_counter() - begun, result

        say(f"the first of all, in the middle: {preview('middle')[0]:.3f}\n\n")
        say("| view | least | median | in the service | in the network |\n|---|---|---|---|---|\n")
        for place in places:
            runs = sorted((preview(place) for _ in range(arguments.rounds)), key=lambda run: run[0])
            seconds, result = runs[0]
            median = statistics.median(run[0] for run in runs)
            say(
                f"| {view} x {view}, {place} | {seconds:.3f} | {median:.3f} | {result.seconds:.3f} "
                f"| {result.engine_seconds:.3f} |\n"
            )
            sys.stdout.flush()


def photograph(channels: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Noise, opaque; what a network does takes the same time whatever the picture shows."""
    pixels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, channels), dtype=np.uint8)
    if channels in (2, 4):
        pixels[..., -1] = 255
    return pixels


if __name__ == "__main__":
    main()
