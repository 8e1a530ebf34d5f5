"""How long Revive takes for a photograph enlarged to 24 megapixels, beside reading and writing it as JPEG.

python bench/revive.py PHOTOGRAPH
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

from unfade.filters import find_filter
from unfade.inference import Device, Engine
from unfade.picture import Kernel, Picture, read_picture, resize, write_picture

WIDTH, HEIGHT = 6000, 4000
ROUNDS = 3
T = TypeVar("T")


def timed(seconds: list[float], act: Callable[[], T]) -> T:
    started = time.perf_counter()
    result = act()
    seconds.append(time.perf_counter() - started)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("photograph", type=Path)
    small = read_picture(parser.parse_args().photograph)
    revive = find_filter("revive")
    runner = revive.open(revive.Options(), Engine(Device.parse("cpu")))
    read: list[float] = []
    ran: list[float] = []
    wrote: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "large.jpg"), Path(folder, "revived.jpg")
        write_picture(Picture(resize(small.pixels, (HEIGHT, WIDTH), Kernel.BILINEAR), small.metadata), source)
        for _ in range(ROUNDS):
            picture = timed(read, lambda: read_picture(source))
            result = timed(ran, lambda picture=picture: runner.run(picture).picture)  # type: ignore[misc]
            timed(wrote, lambda result=result: write_picture(result, target))  # type: ignore[misc]
    for name, seconds in (("read", read), ("revive", ran), ("write", wrote)):
        print(f"{name:<7}{median(seconds):.2f} s")


if __name__ == "__main__":
    main()
