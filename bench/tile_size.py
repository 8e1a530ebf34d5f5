"""Which tile, and which memory settings of ONNX Runtime, for the CPU: speed and peak memory of each.

Runs the tiler over a picture with a random U-net of the shipped models' shape (three levels of 48, 64 and 96
channels, x2), each case in its own process so that its peak memory is its own, in rounds so that what else
the machine does hits all of them alike.

    python bench/tile_size.py                       # tiles 256 to 1536 on 4 megapixels
    python bench/tile_size.py --memory              # arena and memory pattern on and off
    python bench/tile_size.py --megapixels 64 --tiles 1024

Compare lines of one run: the times of another run, on a busy machine, say nothing. On a machine that is never
quiet, --threads 1 and the column of processor time (which waiting for others hardly touches) say more than
the clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.models import Network, Node, save_network  # noqa: E402 -- a script beside the package of tests


def write_unet(path: Path, widths: tuple[int, ...] = (48, 64, 96), blocks: int = 2, scale: int = 2) -> Path:
    """A U-net with ``blocks`` residual blocks a side and level, a bilinear residual, and random weights."""
    network = Network(seed=1)

    def refine(x: Node) -> Node:
        for _ in range(blocks):
            inner = network.relu(network.conv(x, x.channels))
            x = network.add(x, network.conv(inner, x.channels, gain=0.1))
        return x

    x = refine(network.conv(network.input, widths[0]))
    skips = []
    for width in widths[1:]:
        skips.append(x)
        x = refine(network.conv(x, width, stride=2))
    for skip in reversed(skips):
        up = network.pixel_shuffle(network.conv(x, skip.channels * 4, kernel=1), 2)
        x = refine(network.conv(network.concat(up, skip), skip.channels, kernel=1))
    detail = network.pixel_shuffle(network.conv(x, 3 * scale * scale, gain=0.02), scale)
    output = network.add(network.bilinear(network.input, scale), detail)
    return save_network(path, network, output, size_multiple=2 ** (len(widths) - 1))


def run_case(
    model: Path, megapixels: float, tile: int, arena: bool, pattern: bool, threads: int | None
) -> dict[str, float]:
    """Speed and memory for one picture, in this process."""
    import resource

    from unfade.inference import Extent, Session, array_reader, array_writer, layout_of, run_tiled
    from unfade.inference.runtime import onnxruntime, usable_cores
    from unfade.models import card_of

    options = onnxruntime().SessionOptions()
    options.intra_op_num_threads = threads or usable_cores() or 0
    options.enable_cpu_mem_arena, options.enable_mem_pattern = arena, pattern
    inner = onnxruntime().InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    card = card_of(model)
    session = Session(inner, model, card, threads=None, fallback=None)
    height = round((megapixels * 1e6 * 2 / 3) ** 0.5)
    extent = Extent(height, height * 3 // 2)
    pixels = np.random.default_rng(0).integers(0, 256, (extent.height, extent.width, 3), np.uint8)
    out = np.empty((extent.height * card.scale, extent.width * card.scale, 3), np.uint8)
    out[:] = 0  # touched now, so that it counts as there before
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    layout = layout_of(card, extent, tile)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    run_tiled(array_reader(pixels), session, array_writer(out), layout)
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rate": extent.height * extent.width / 1e6 / seconds,
        "cpu_rate": extent.height * extent.width / 1e6 / cpu_seconds,
        "extra": (peak - before) / 1024,
        "peak": peak / 1024,
        "tiles": len(layout),
        "side": max(layout.window.height, layout.window.width),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megapixels", type=float, default=4.0)
    parser.add_argument("--tiles", type=int, nargs="+", default=[256, 512, 768, 1024, 1536])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, help="as for the engine: physical cores when left out")
    parser.add_argument("--memory", action="store_true", help="compare arena and memory pattern as well")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        case = json.loads(options.case)
        print(json.dumps(run_case(Path(case.pop("model")), **case)))
        return
    settings = (
        list(product([True, False], repeat=2)) if options.memory else [(True, False)]
    )  # as the engine sets them
    cases: list[tuple[int, tuple[bool, bool]]] = list(product(options.tiles, settings))
    results: dict[tuple[int, tuple[bool, bool]], list[dict[str, float]]] = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as folder:
        model = write_unet(Path(folder) / "unet.onnx")
        for _ in range(options.rounds):
            for tile, (arena, pattern) in cases:
                case = {
                    "model": str(model),
                    "megapixels": options.megapixels,
                    "tile": tile,
                    "arena": arena,
                    "pattern": pattern,
                    "threads": options.threads,
                }
                command = [sys.executable, __file__, "--case", json.dumps(case)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                results[(tile, (arena, pattern))].append(json.loads(done.stdout))
    best = max(max(run["rate"] for run in runs) for runs in results.values())
    best_cpu = max(max(run["cpu_rate"] for run in runs) for runs in results.values())
    print("tile  arena  pattern  tiles  window   MP/s  of best  MP/cpu s  of best  extra MiB  peak MiB")
    for (tile, (arena, pattern)), runs in results.items():
        rate = max(run["rate"] for run in runs)
        cpu_rate = max(run["cpu_rate"] for run in runs)
        extra = statistics.median(run["extra"] for run in runs)
        peak = statistics.median(run["peak"] for run in runs)
        print(
            f"{tile:4d}  {'on' if arena else 'off':>5}  {'on' if pattern else 'off':>7}  "
            f"{runs[0]['tiles']:5.0f}  {runs[0]['side']:6.0f}  {rate:5.3f}  {rate / best:7.2f}  "
            f"{cpu_rate:8.3f}  {cpu_rate / best_cpu:7.2f}  {extra:9.0f}  {peak:8.0f}"
        )


if __name__ == "__main__":
    main()
