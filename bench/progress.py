"""How soon the command line shows how far it is and how long it will take, on a large picture on the CPU.

    python bench/progress.py                                  # each filter, stopped when it is shown
    python bench/progress.py --filter upscale --megapixels 4 --whole   # to the end: how right it was

The command runs on a terminal of its own (Linux). Seconds are counted from its start, so that Python's, the
reading of the picture and the opening of the model are in them. CPU seconds are those of all its threads
until then: what one idle core takes.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from memory import photograph

from unfade.picture import write_picture

FILTERS = {
    "upscale": ["--scale", "2"], "deartifact": [], "denoise": ["--strength", "1"], "repair": [], "revive": [],
    "colorize": [],
}  # fmt: skip
_SHARE, _LEFT = re.compile(r"(\d+)%"), re.compile(r"(?:(\d+):)?(\d\d):(\d\d)")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--filter", choices=FILTERS, nargs="+", default=list(FILTERS))
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--whole", action="store_true", help="does not stop it")
    arguments = parser.parse_args()
    columns = ["filter", "the bar, s", "time left, s", "in CPU seconds", "foretold in all, s", "took, s"]
    sys.stdout.write("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|\n")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jpg"
        write_picture(photograph(arguments.megapixels, "uint8"), source)
        for name in arguments.filter:
            words = [name, str(source), "-o", str(Path(folder) / "out.tif"), "--device", "cpu"]
            cells = [f"{value:.1f}" for value in shown([*words, *FILTERS[name]], arguments.whole)]
            sys.stdout.write("| " + " | ".join([name, *cells, *["–"] * (5 - len(cells))]) + " |\n")
            sys.stdout.flush()


def shown(words: list[str], whole: bool) -> list[float]:
    """When the bar came, when the time left, in CPU seconds too, what that made in all; and what it took."""
    began = time.perf_counter()
    found: list[float] = []
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "unfade", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    while whole or len(found) < 4:
        try:
            text = os.read(ours, 65536).decode(errors="replace")
        except OSError:  # Linux' way of saying that the other end is closed
            break
        at = time.perf_counter() - began
        if not found and _SHARE.search(text):
            found.append(at)
        if len(found) == 1 and (left := _LEFT.search(text)):
            hours, minutes, seconds = (int(number or 0) for number in left.groups())
            found += [at, used(running.pid), at + 3600 * hours + 60 * minutes + seconds]
    running.kill()
    running.wait()
    os.close(ours)
    return [*found, time.perf_counter() - began] if whole else found


def used(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
