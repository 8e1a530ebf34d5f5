"""What Restore finds in pictures, by which its thresholds were chosen.

    python bench/findings.py FOLDER [FOLDER ...]

For each folder the quantiles of what was found, and how many pictures would get each filter.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from protocols import pictures

from unfade.filters import find_filter
from unfade.filters.restore import RestoreOptions, look, propose
from unfade.inference import Device, Engine
from unfade.picture import read_picture

MEASURES = ("damage", "fading", "noise", "blocks", "quality")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    arguments = parser.parse_args()
    engine = Engine(Device.parse("cpu"))
    repair, revive = (
        filter.open(filter.Options(), engine) for filter in map(find_filter, ("repair", "revive"))
    )
    for folder in arguments.folders:
        found = [look(read_picture(path), repair, revive) for path in pictures(folder)]
        proposed = Counter(step.filter.name for one in found for step in propose(one, RestoreOptions()))
        print(f"{folder}, {len(found)} pictures; quantiles {', '.join(map(str, QUANTILES))}")
        for measure in MEASURES:
            shown = np.quantile([getattr(one, measure) for one in found], QUANTILES)
            print(f"  {measure:<7}", *(f"{value:.4f}" for value in shown))
        print("  proposed:", ", ".join(f"{name} {count}" for name, count in proposed.items()) or "nothing")


if __name__ == "__main__":
    main()
