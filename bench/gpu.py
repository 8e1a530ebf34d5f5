"""A GPU against the CPU, in one run of at most eight minutes: the suite, parity and speed by filter, company.

    python bench/gpu.py                    # where CUDA is; elsewhere it says why not, and ends
    python bench/gpu.py --device cpu --megapixels 0.2      # the same columns where there is none

Each filter runs with its shipped model and usual options on the example photograph, resampled to each size.
The first run of a size warms up and is not counted. The CPU runs the smallest size alone, as it is compared
by the megapixel. Parity is that of 8 bits: the promise is one step of 255 (docs/reliability.md).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from unfade.errors import DeviceError
from unfade.filters import all_filters, find_filter
from unfade.inference import Device, Engine
from unfade.picture import Kernel, Picture, from_float, read_picture, resize, to_float

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "shepherd.webp"
MINUTES = 8.0
Row = dict[str, Any]


def photograph(megapixels: float) -> Picture:
    """The example, resampled to so many megapixels, 4:3."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    small = read_picture(EXAMPLE)
    large = resize(to_float(small.colour), (height, height * 4 // 3), Kernel.BICUBIC)
    return Picture(from_float(large, small.pixels.dtype))


def rows(device: Device, names: Sequence[str], sizes: Sequence[float], until: float) -> Iterator[Row]:
    """For each filter and size: megapixels a second on the device and the CPU, and how far they are apart."""
    pictures = {size: photograph(size) for size in sizes}
    for name in names:
        filter, on_cpu, speed = find_filter(name), None, 0.0
        engine = Engine(device)
        for size, picture in pictures.items():
            if time.monotonic() > until:
                return
            runner = filter.open(filter.Options(), engine)
            runner.run(picture)
            seconds = []
            for _ in range(3):
                begun = time.perf_counter()
                result = runner.run(picture)
                seconds.append(time.perf_counter() - begun)
            if on_cpu is None:
                begun = time.perf_counter()
                on_cpu = filter.open(filter.Options(), Engine(Device.CPU)).run(picture)
                speed = size / (time.perf_counter() - begun)
                apart = np.abs(result.picture.pixels.astype(int) - on_cpu.picture.pixels)
                parity = f"{int(apart.max())} ({(apart > 0).mean():.2%} of values)"
            else:
                parity = ""
            own = size / statistics.median(seconds)
            yield {
                "filter": name,
                "megapixels": size,
                "megapixels a second": f"{own:.2f}",
                "times the CPU": f"{own / speed:.1f}",
                "apart at most, of 255": parity,
                "provider": result.report.provider.removesuffix("ExecutionProvider"),
            }


def together(device: str, size: float) -> Row:
    """Two processes on one GPU at once: whether both end, and how long they take against one."""
    code = (
        "import sys; from bench.gpu import photograph; from unfade.filters import find_filter; "
        "from unfade.inference import Device, Engine; f = find_filter('upscale'); "
        "f.open(f.Options(), Engine(Device.parse(sys.argv[1]))).run(photograph(float(sys.argv[2])))"
    )
    took = []
    for count in (1, 2):
        begun = time.perf_counter()
        words = [sys.executable, "-c", code, device, str(size)]
        running = [subprocess.Popen(words, cwd=ROOT) for _ in range(count)]
        codes = [each.wait() for each in running]
        took.append(time.perf_counter() - begun)
        if any(codes):
            return {"processes": count, "seconds": "failed"}
    return {"processes": "1, 2", "seconds": f"{took[0]:.1f}, {took[1]:.1f}"}


def table(found: Iterator[Row]) -> None:
    """Prints rows as Markdown while they come."""
    for number, row in enumerate(found):
        if number == 0:
            sys.stdout.write("| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|\n")
        sys.stdout.write("| " + " | ".join(map(str, row.values())) + " |\n")
        sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[1, 4, 12])
    names = [filter.name for filter in all_filters()]
    parser.add_argument("--filter", action="append", choices=names, help="all of them")
    arguments = parser.parse_args()
    until = time.monotonic() + MINUTES * 60
    device = Device.parse(arguments.device)
    try:
        filter = find_filter("upscale")
        filter.open(filter.Options(), Engine(device)).run(photograph(0.01))
    except DeviceError as error:
        sys.stdout.write(f"Not run: {error}\n")
        return 0
    code = 0
    if arguments.device != "cpu":
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/gpu"]
        code = subprocess.run(words, cwd=ROOT, timeout=MINUTES * 30, check=False).returncode
        sys.stdout.write("\n")
    table(rows(device, arguments.filter or names, arguments.megapixels, until - 45))
    sys.stdout.write("\n")
    table(iter([together(arguments.device, min(arguments.megapixels))]))
    return code


if __name__ == "__main__":
    sys.exit(main())
