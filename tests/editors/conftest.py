"""The chroot that the editors run in; `make test-editors` makes it and names it in UNFADE_EDITORS_ROOT."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.editors.fixtures import write_fixtures

INSIDE = Path(__file__).parent / "inside"
UNFADE = "/opt/unfade/bin/unfade"
SCREEN = ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24", "sh", "-c"]


@dataclass(frozen=True)
class Root:
    """A Debian root; paths of its own begin at its top."""

    top: Path
    home: str
    """A user's home folder, new for each editor."""
    folder: str
    """Where pictures and models are, and where suites and screenshots go."""

    def outside(self, path: str) -> Path:
        """A path in it as this computer sees it."""
        return self.top / path.lstrip("/")

    def run(self, *command: str, seconds: float, **environment: str) -> str:
        """What the command printed; AssertionError where it fails or takes longer."""
        variables = {
            "HOME": self.home,
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": f"{self.home}/run",
            "UNFADE_TEST_FOLDER": self.folder,
            **{name: os.environ.get(name, "") for name in ("UNFADE_TEST_ONLY", "UNFADE_TEST_KILLS")},
            "PYTHONFAULTHANDLER": "1",
            **environment,
        }
        words = [f"{name}={value}" for name, value in variables.items()]
        limited = ["timeout", "-k", "5", str(seconds)]
        done = subprocess.run(
            [*limited, "chroot", str(self.top), "env", "-i", *words, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            errors="replace",
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout[-6000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def root(request: pytest.FixtureRequest) -> Root:
    """With a fresh home, the fixtures, and what the command line makes of the photograph."""
    top = os.environ.get("UNFADE_EDITORS_ROOT")
    if not top:
        pytest.skip("needs the chroot with GIMP and Krita: make test-editors, as root")
    name = request.module.__name__.rpartition("test_")[2]
    root = Root(Path(top), f"/home/{name}", f"/home/{name}/fixtures")
    shutil.rmtree(root.outside(root.home), ignore_errors=True)
    root.outside(root.folder).mkdir(parents=True)
    root.outside(f"{root.home}/run").mkdir(mode=0o700)
    write_fixtures(root.outside(root.folder))
    shutil.copytree(INSIDE, root.outside(f"{root.home}/suite"))
    for scale in ("2", "1.5"):
        photo, result = f"{root.folder}/photo.png", f"{root.folder}/photo-{scale}.png"
        root.run(UNFADE, "upscale", photo, "-o", result, "--scale", scale, seconds=120)
    return root


def judge(output: str) -> None:
    """A suite's own last line is what counts: editors end with 0 whatever happened."""
    found = re.search(r"(\d+) passed, (\d+) failed", output)
    assert found and int(found[1]) > 0 and int(found[2]) == 0, output[-10000:]
