"""How simple the house is: modules, import circles, and through how many modules a picture passes.

    python scripts/rooms.py
    python scripts/rooms.py --list       # names them

A module counts as passed through when one of its functions runs; what runs while modules are imported does
not count.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (ROOT / "plugin", ROOT / "export", ROOT / "training")
PACKAGES = {"unfade": ROOT / "plugin", "unfade_export": ROOT / "export", "unfade_training": ROOT / "training"}


def modules() -> dict[str, Path]:
    """The product's modules by name, those of the editors' plug-ins included."""
    found = {}
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(names: dict[str, Path]) -> dict[str, set[str]]:
    """Which modules each module imports, when it is loaded or later; not what is for type checkers alone."""
    arrows: dict[str, set[str]] = {}
    for name, path in names.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        arrows[name] = {target for target in _imported(path, package, names) if target != name}
    return arrows


def _imported(path: Path, package: str, names: dict[str, Path]) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _run_time_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                if full in names:
                    yield full
                elif base in names:
                    yield base


def _run_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _run_time_nodes(node)


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import one another, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in arrows[name]:
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                found.append(sorted(group))

    for name in arrows:
        if name not in index:
            visit(name)
    return found


class Visits:
    """Collects the modules whose functions run while it is active, in all threads started meanwhile too."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}

    def __enter__(self) -> Visits:
        threading.setprofile(self._see)
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _see(self, frame: FrameType, event: str, _argument: Any) -> None:
        code: CodeType = frame.f_code
        if event == "call" and code.co_name != "<module>" and _has_own_frame_of_work(frame):
            self.files.setdefault(code.co_filename)

    @property
    def names(self) -> list[str]:
        """The product's modules among them."""
        own = {str(path): name for name, path in modules().items()}
        return sorted({own[file] for file in self.files if file in own})


def _has_own_frame_of_work(frame: FrameType) -> bool:
    """Whether no module is being imported below: decorators and class bodies of an import are no work."""
    below: FrameType | None = frame
    while below is not None:
        if below.f_code.co_name == "<module>" and below.f_globals.get("__name__") != "__main__":
            return False
        below = below.f_back
    return True


def one_picture(folder: Path) -> list[str]:
    """``unfade upscale`` on a picture of one tile."""
    import unfade

    source = folder / "in.png"
    unfade.write_picture(unfade.Picture(np.zeros((48, 64, 3), np.uint8) + 90), source)
    from unfade.cli import main

    sys.argv = ["unfade", "upscale", str(source), "-o", str(folder / "out.png"), "--device", "cpu"]
    with Visits() as visits, contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        main()
    assert (folder / "out.png").exists()
    return visits.names


def one_region(folder: Path) -> list[str]:
    """A further region of a preview, inside ``unfade serve``: picture and recipe are there already."""
    from unfade.service.client import Client

    side, names = 256, folder / "names"
    region = (64, 64, 96, 96)
    with Client([sys.executable, __file__, "--serve", str(names)]) as client:
        client.store("picture", side, side, 3, "u8", bytes([90]) * (side * side * 3))
        for _ in range(2):
            client.submit_stored("upscale", {}, "picture", region=region).result()
            # It forgets what it entered until now; the second time it has written down what that was.
            os.kill(client.pid, signal.SIGUSR1)
            time.sleep(0.5)
    return names.read_text().split()


def serve_watched(names: Path) -> None:
    """``unfade serve`` that writes down, at the second SIGUSR1, which modules it entered since the first."""
    from unfade.inference import Device, Engine
    from unfade.service.server import SERVICE_TILE, serve

    visits = Visits()
    seen: list[list[str]] = []

    def write(*_: object) -> None:
        seen.append([name for name in visits.names if name != "scripts.rooms"])
        visits.files.clear()
        names.write_text("\n".join(seen[-1]))

    signal.signal(signal.SIGUSR1, write)
    with visits:
        serve(Engine(Device.CPU, usual_tile=SERVICE_TILE))


def one_step(folder: Path) -> list[str]:
    """A step of the generator, from the batch to the changed weights; the network itself does not count."""
    from unfade_training import train
    from unfade_training.build import smoke_recipe
    from unfade_training.config import load_recipe
    from unfade_training.device import Machine

    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 256, (128, 128, 3), np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    visits, step = Visits(), train.training_step

    def watched(*arguments: Any) -> None:
        with visits:
            step(*arguments)

    train.training_step = watched  # type: ignore[assignment]
    recipe = smoke_recipe(load_recipe(ROOT / "training" / "recipes" / "upscale-x2.toml"))
    with contextlib.redirect_stdout(io.StringIO()):
        train.train(recipe, folder / "run", [folder], Machine("cpu", 1))
    return [name for name in visits.names if ".networks" not in name]


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--list", action="store_true", help="name the modules, not only their number")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve_watched(arguments.serve)
    found = modules()
    rows: list[tuple[str, list[str]]] = [("product modules", list(found))]
    rows += [("import circle", group) for group in circles(imports(found))]
    walks: list[tuple[str, Callable[[Path], list[str]]]] = [
        ("modules of `unfade upscale`, one tile", one_picture),
        ("modules of one more preview region, in the service", one_region),
        ("modules of one training step", one_step),
    ]
    with tempfile.TemporaryDirectory() as folder:
        rows += [(title, walk(Path(folder))) for title, walk in walks]
    for title, names in rows:
        print(f"{title}: {len(names)}")
        if arguments.list and title != "product modules":
            print("  " + "\n  ".join(names))


if __name__ == "__main__":
    main()
