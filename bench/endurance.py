"""Memory over many pictures and under limits, and whether the same input gives the same bytes.

    python bench/endurance.py pictures --count 500   # one process: memory, handles and threads as it goes on
    python bench/endurance.py limits                 # upscale with 0.5 to 3 GiB of addresses (RLIMIT_AS)
    python bench/endurance.py same                   # one picture by tile, threads, order and queue of files

Linux alone counts what they look at.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unfade import batch
from unfade.filters import find_filter
from unfade.inference import Device, Engine
from unfade.picture import Picture, read_picture, write_picture

MIB = 1 << 20
Row = dict[str, Any]


def pictures(folder: Path, count: int, seen: Sequence[int], model: Path | None = None) -> Iterator[Row]:
    """Upscales pictures of five formats and changing sizes in this process.

    Gives a row after each number in ``seen``.
    """
    noise, jobs = np.random.default_rng(0), []
    for number in range(20):
        suffix = ("png", "jpg", "tif", "webp", "bmp")[number % 5]
        size = tuple(int(side) for side in noise.integers(40, 120, 2))
        source = folder / f"{number}.{suffix}"
        write_picture(Picture(noise.integers(0, 256, (*size, 3), np.uint8)), source)
        jobs.append(batch.Job(source, folder / "out" / source.name))
    upscale = find_filter("upscale")
    runner = upscale.open(upscale.Options(model=model and str(model)), Engine(Device.CPU, threads=1))
    for done in range(1, count + 1):
        (record,) = batch.run([jobs[done % len(jobs)]], runner)
        assert record.ok, record.error
        if done in seen:
            yield {"pictures": done, **held()}


def held(process: str = "self") -> Row:
    """What this process, or that of a number, has now."""
    place = Path("/proc") / process
    status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
    return {
        "MiB": int(status["VmRSS"].split()[0]) / 1024,
        "handles": len(list((place / "fd").iterdir())),
        "threads": int(status["Threads"]),
    }


def limits(folder: Path, gibibytes: Sequence[float], side: int = 1000) -> Iterator[Row]:
    """Upscales a picture in processes that may have so many bytes of addresses."""
    noise = np.random.default_rng(0)
    source, target = folder / "in.png", folder / "out.png"
    write_picture(Picture(noise.integers(0, 256, (side, side, 3), np.uint8)), source)
    for limit in gibibytes:
        target.unlink(missing_ok=True)
        size = round(limit * 1024 * MIB)
        running = subprocess.Popen(
            [sys.executable, "-m", "unfade", "upscale", str(source), "-o", str(target), "--device", "cpu"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        resource.prlimit(running.pid, resource.RLIMIT_AS, (size, size))
        _, errors = running.communicate()
        said = [line for line in errors.splitlines() if line.startswith("unfade: ")]
        whole = target.exists() and read_picture(target).width == 2 * side
        yield {
            "GiB": limit,
            "exit": running.returncode,
            "picture": "whole" if whole else "none" if not target.exists() else "damaged",
            "said": " ".join(said).replace("unfade: ", "") or errors.strip()[-200:],
        }


def same(side: int = 560) -> Iterator[Row]:
    """How often, and by how much, results differ from those of one thread and the usual tile."""
    noise = np.random.default_rng(0)
    small = noise.integers(0, 256, (side // 4, side // 4, 3), np.uint8)
    pixels = np.ascontiguousarray(small.repeat(4, 0).repeat(4, 1))
    source = Picture(pixels)
    for name in ("upscale", "deartifact", "colorize"):
        filter = find_filter(name)
        first = run(filter, source, threads=1)
        for label, settings in {
            "again": {"threads": 1},
            "2 threads": {"threads": 2},
            "4 threads": {"threads": 4},
            "tiles of 512": {"threads": 1, "tile": 512},
            "tiles of 384": {"threads": 1, "tile": 384},
        }.items():
            apart = np.abs(run(filter, source, **settings).astype(int) - first)
            yield {
                "filter": name,
                "run": label,
                "same bytes": "yes" if not apart.any() else "no",
                "values that differ": f"{(apart > 0).mean():.5%}",
                "by at most": int(apart.max()),
            }


def run(filter: Any, source: Picture, **settings: int) -> np.ndarray[Any, Any]:
    """The pixels that come of a run on the CPU."""
    return filter.open(filter.Options(), Engine(Device.CPU, **settings)).run(source).picture.pixels


def order(folder: Path, model: Path | None = None) -> bool:
    """Whether files are the same whichever was done before them, and whether many or one at a time."""
    noise = np.random.default_rng(0)
    for name in "abcd":
        write_picture(Picture(noise.integers(0, 256, (60, 80, 3), np.uint8)), folder / f"{name}.png")
    upscale = find_filter("upscale")
    runner = upscale.open(upscale.Options(model=model and str(model)), Engine(Device.CPU, threads=1))
    found = []
    for turn, names in enumerate(("abcd", "dcba", "a", "b", "c", "d")):
        jobs = [batch.Job(folder / f"{name}.png", folder / str(turn) / f"{name}.png") for name in names]
        assert all(record.ok for record in batch.run(jobs, runner))
        found += [(job.target.name, hashlib.sha256(job.target.read_bytes()).digest()) for job in jobs]
    return len(set(found)) == 4


def table(rows: Iterator[Row]) -> list[Row]:
    """Prints rows as Markdown while they come."""
    kept = []
    for row in rows:
        if not kept:
            sys.stdout.write("| " + " | ".join(row) + " |\n" + "|---" * len(row) + "|\n")
        cells = (f"{value:.1f}" if isinstance(value, float) else str(value) for value in row.values())
        sys.stdout.write("| " + " | ".join(cells) + " |\n")
        sys.stdout.flush()
        kept.append(row)
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["pictures", "limits", "same"])
    parser.add_argument("--count", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.what == "pictures":
            seen = [50, *range(100, arguments.count + 1, 100)]
            rows = table(pictures(folder, arguments.count, seen))
            return int(rows[-1]["MiB"] > 1.05 * rows[0]["MiB"] or rows[-1]["handles"] > rows[0]["handles"])
        if arguments.what == "limits":
            rows = table(limits(folder, [step / 4 for step in range(2, 13)]))
            return int(any(row["exit"] not in (0, 1) or row["picture"] == "damaged" for row in rows))
        table(same())
        return int(not order(folder))


if __name__ == "__main__":
    sys.exit(main())
