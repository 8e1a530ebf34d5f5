"""Fixtures for the tests of unfade.picture."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from unfade.picture import vips

_NOBODY = 65534


class AsNobody(Protocol):
    """Runs a block as a user without special rights."""

    def __call__(self) -> AbstractContextManager[None]: ...


@pytest.fixture
def as_nobody() -> AsNobody:
    """Root may read and write everything, so it steps down for the length of a block."""
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    vips()  # what is imported later may lie where nobody may read

    @contextmanager
    def stepped_down() -> Iterator[None]:
        root = os.geteuid() == 0
        if root:
            os.seteuid(_NOBODY)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)

    return stepped_down


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
