"""The command line with models, a home and a folder for one test: in this process, or in one of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from tests.models import identity_model, nan_model, unet_model
from unfade.cli import main
from unfade.picture import Picture, write_picture


@dataclass(frozen=True)
class Result:
    """What came of one command line."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """Runs command lines in a folder of their own."""

    folder: Path
    environment: dict[str, str] = field(repr=False)
    captured: pytest.CaptureFixture[str] = field(repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "home" / "state" / "unfade" / "log" / "unfade.log"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "unfade", *arguments]

    def run(self, *arguments: str) -> Result:
        """Asks the command line in this process; what native code prints counts too."""
        self.captured.readouterr()
        with (
            Path(os.devnull).open() as nothing,
            mock.patch.dict(os.environ, self.environment, clear=True),
            pytest.MonkeyPatch.context() as patch,
            _logging_kept(),
        ):
            patch.setattr(sys, "stdin", nothing)
            patch.chdir(self.folder)
            code = main(arguments)
        return Result(code, *self.captured.readouterr())

    def run_alone(self, *arguments: str) -> Result:
        """Starts the command as a user does, in a process of its own."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def files(self) -> set[str]:
        """All files below the folder, hidden ones too, but not the home."""
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        names = (path.relative_to(self.folder).as_posix() for path in paths)
        return {name for name in names if not name.startswith("home/")}


@contextlib.contextmanager
def _logging_kept() -> Iterator[None]:
    """Takes back what ``start_logging`` sets for the whole process."""
    logger = logging.getLogger("unfade")
    handlers, level, raising = logger.handlers[:], logger.level, logging.raiseExceptions
    try:
        yield
    finally:
        for handler in set(logger.handlers) - set(handlers):
            logger.removeHandler(handler)
            handler.close()
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logging.raiseExceptions = raising


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models named "double" (the identity), "net", "heavy" and "broken"."""
    folder = tmp_path_factory.mktemp("models")
    identity_model(
        folder / "double.onnx", 2, title="Every pixel twice", licence="CC0-1.0", recipe="a = 1\nb = 2"
    )
    unet_model(folder / "net.onnx", 2)
    unet_model(folder / "heavy.onnx", 2, channels=64)
    nan_model(folder / "broken.onnx", 2)
    return folder


@pytest.fixture
def shell(tmp_path: Path, models: Path, capfd: pytest.CaptureFixture[str]) -> Shell:
    home = tmp_path / "home"
    home.mkdir()
    xdg = {"CONFIG": "config", "DATA": "data", "STATE": "state", "CACHE": "cache"}
    environment = {
        **os.environ,
        "UNFADE_MODELS": str(models),
        "HOME": str(home),
        **{f"XDG_{key}_HOME": str(home / name) for key, name in xdg.items()},
    }
    return Shell(tmp_path, environment, capfd)


@pytest.fixture
def photo(shell: Shell) -> Picture:
    """A small picture, also as photo.png in the shell's folder."""
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    picture = Picture(pixels)
    write_picture(picture, shell.folder / "photo.png")
    return picture
