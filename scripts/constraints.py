"""Refresh constraints.txt: one set of pinned versions that works on every Python the project supports.

    make constraints            (or: python scripts/constraints.py)

pip resolves the development install (it contains all other extras but `[cuda]`) under each Python found,
without installing anything; the answers are merged, with an environment marker wherever two Pythons differ.
NVIDIA's libraries are left out: which builds of them are wanted is for torch and onnxruntime to say.
A Python that is not on PATH can be named by its path on the command line.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ((3, 10), (3, 11), (3, 12), (3, 13))
Minor = tuple[int, int]

LEFT_OUT = re.compile(r"(nvidia|cuda|triton)([-_].*)?|unfade|pip|setuptools")

HEADER = """\
# Versions that work together on Python 3.10 to 3.13. Made by `make constraints`; edit pyproject.toml instead.
# Use: pip install . -c constraints.txt
"""


def find_pythons(named: Sequence[str]) -> dict[Minor, str]:
    """Interpreters by version: those named, else on PATH, else pyenv's. Exits when one is missing."""
    found: dict[Minor, str] = {}
    candidates = [*named, *(f"python{major}.{minor}" for major, minor in PYTHONS)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates += [str(path) for path in sorted(pyenv.glob("3.*/bin/python"), reverse=True)]
    for candidate in candidates:
        path = shutil.which(candidate)
        if path is None:
            continue
        code = "import sys; print(*sys.version_info[:2])"
        answer = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            major, minor = (int(part) for part in answer.stdout.split())
            found.setdefault((major, minor), path)
    missing = [f"{major}.{minor}" for major, minor in PYTHONS if (major, minor) not in found]
    if missing:
        names = ", ".join(missing)
        sys.exit(f"constraints: no Python {names} found; install it, or name its path as an argument.")
    return {version: found[version] for version in PYTHONS}


def resolve(python: str, folder: Path) -> dict[str, str]:
    """Package versions that pip would install for the development install under this interpreter."""
    subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
    pip: list[str | Path] = [folder / "venv" / "bin" / "python", "-m", "pip"]
    subprocess.run([*pip, "install", "--quiet", "--upgrade", "pip"], check=True)
    report = folder / "report.json"
    dry_run = [*pip, "install", "--quiet", "--dry-run"]
    subprocess.run([*dry_run, "--report", report, pinned_torch(), ".[dev]"], check=True, cwd=ROOT)
    installs = json.loads(report.read_text(encoding="utf-8"))["install"]
    versions = {canonical(item["metadata"]["name"]): item["metadata"]["version"] for item in installs}
    if "onnxruntime-gpu" in versions:
        # Platforms without GPU builds take the plain package at the same release, which has to exist.
        versions["onnxruntime"] = versions["onnxruntime-gpu"]
        subprocess.run([*dry_run, "--no-deps", f"onnxruntime=={versions['onnxruntime']}"], check=True)
    kept = {name: version for name, version in versions.items() if not LEFT_OUT.fullmatch(name)}
    return {name: without_local(version) for name, version in kept.items()}


def pinned_torch() -> str:
    """The torch requirement: the present pin, since torch is moved by hand and with a full test run."""
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("torch=="):
            return line
    return "torch"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def without_local(version: str) -> str:
    """`2.13.0+cpu` -> `2.13.0`: a pin has to admit every build of a version."""
    return version.partition("+")[0]


def merge(resolved: Mapping[Minor, Mapping[str, str]]) -> list[str]:
    """One line a package, or one a run of Pythons that agree, with markers."""
    lines = []
    for name in sorted({name for versions in resolved.values() for name in versions}):
        present = {python: versions[name] for python, versions in resolved.items() if name in versions}
        runs: list[tuple[str, list[Minor]]] = []
        for python, version in present.items():
            if runs and runs[-1][0] == version:
                runs[-1][1].append(python)
            else:
                runs.append((version, [python]))
        if len(runs) == 1:
            lines.append(f"{name}=={runs[0][0]}")
            continue
        for index, (version, pythons) in enumerate(runs):
            bounds = []
            if index > 0:
                bounds.append("python_version >= '{}.{}'".format(*pythons[0]))
            if index < len(runs) - 1:
                bounds.append("python_version < '{}.{}'".format(*runs[index + 1][1][0]))
            lines.append(f"{name}=={version}; {' and '.join(bounds)}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Refresh constraints.txt.")
    parser.add_argument("python", nargs="*", help="path of an interpreter that is not on PATH")
    resolved = {}
    for version, python in find_pythons(parser.parse_args().python).items():
        print("resolving for Python {}.{}".format(*version), flush=True)
        with tempfile.TemporaryDirectory(prefix="unfade-constraints-") as folder:
            resolved[version] = resolve(python, Path(folder))
    text = HEADER + "\n".join(merge(resolved)) + "\n"
    (ROOT / "constraints.txt").write_text(text, encoding="utf-8")
    print(f"wrote {ROOT / 'constraints.txt'}; now run `make test`")


if __name__ == "__main__":
    main()
