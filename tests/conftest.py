"""Makes ``tests`` a package whose root is the repository, so that tests import their helpers by name.

And how hypothesis runs everywhere: without limits of time, which a busy machine breaks, and with fixtures
that all examples of a test share. No window needs a screen; and the user's own models are neither seen
nor touched.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "unfade",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("unfade")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_DATA = tempfile.TemporaryDirectory(prefix="unfade-tests-")  # deleted when Python ends
os.environ["XDG_DATA_HOME"] = _DATA.name

_NOBODY = 65534


class AsNobody(Protocol):
    """Runs a block as a user without special rights."""

    def __call__(self) -> AbstractContextManager[None]: ...


@pytest.fixture
def as_nobody() -> AsNobody:
    """Root may read and write everything, so it steps down for the length of a block."""
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    from unfade.picture import vips

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
    """A folder that every user may look and write into, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)
