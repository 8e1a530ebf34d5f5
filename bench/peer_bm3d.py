"""CBM3D (Dabov et al. 2007) on a folder of pictures: what Denoise is compared with.

Not a dependency of the project; its licence is for non-commercial use. In a virtual environment of its own:

    python -m venv peers && peers/bin/pip install bm3d pillow
    python bench/score.py make noise-25 --refs cid22-val --out in
    peers/bin/python bench/peer_bm3d.py in out --sigma 25
    python bench/score.py score noise-25 --refs cid22-val --results out --lpips LPIPS

It has to be told the deviation of the noise, and is, in levels of 255. The last line is JSON: pictures, and
the seconds that CBM3D took for them, without files. Pictures whose result is there already are left out.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import bm3d
import numpy as np
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--sigma", type=float, required=True, help="deviation of the noise, of 255")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)

    seconds, pictures = 0.0, 0
    for source in sorted(arguments.input.iterdir()):
        target = arguments.output / f"{source.stem}.png"
        if target.exists():
            continue
        picture = np.asarray(Image.open(source).convert("RGB"), np.float64) / 255
        started = time.perf_counter()
        denoised = bm3d.bm3d_rgb(picture, arguments.sigma / 255)
        seconds, pictures = seconds + time.perf_counter() - started, pictures + 1
        Image.fromarray(np.rint(np.clip(denoised, 0, 1) * 255).astype(np.uint8)).save(target)
    print(json.dumps({"pictures": pictures, "engine_seconds": seconds}))


if __name__ == "__main__":
    main()
