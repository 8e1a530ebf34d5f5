"""onnxruntime, imported when it is first needed, kept from reporting home and from talking to the user's
terminal.

Its wheels come with usage reporting to their maker that is on unless the environment says no before they are
imported, and leave a session file in the temporary folder for it. Pictures are private, and so is when and on
what they are restored: Unfade says no, unless the user has set the variable.

It writes warnings to the file descriptor of stderr while it is being imported (about display adapters it
cannot read), prints to stdout when it preloads CUDA, and logs every fallback. All of that is noise to a user,
and on stdout it would break the service's frames; it goes to this module's log instead.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator
from typing import Any

logger = logging.getLogger(__name__)

NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"
FATAL = 4  # ONNX Runtime's severity: what fails is raised as well, so nothing below this needs printing

_lock = threading.RLock()  # descriptors are redirected by one thread at a time


@functools.cache
def onnxruntime() -> Any:
    """The onnxruntime module, silenced."""
    os.environ.setdefault(NO_TELEMETRY, "1")
    with _lock, quiet():
        module = importlib.import_module("onnxruntime")
        module.set_default_logger_severity(FATAL)
    return module


@functools.cache
def preload_cuda() -> None:
    """Load the CUDA and cuDNN libraries of the ``nvidia-*`` wheels, where they are installed.

    Without it onnxruntime looks for them in the system's library path only. It belongs before the first CUDA
    session and costs seconds of loading, so it is not called for the other devices.
    """
    runtime = onnxruntime()
    with _lock, quiet():
        runtime.preload_dlls()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what is written to stdout and stderr, from Python or from C++, to the log.

    This is process-wide, so it is held only for the moments above.
    """
    printed = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        _descriptor_to_log(2),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            for line in printed.getvalue().splitlines():
                logger.debug("onnxruntime printed: %s", line)


@contextlib.contextmanager
def _descriptor_to_log(descriptor: int) -> Iterator[None]:
    with tempfile.TemporaryFile() as file:
        try:
            saved = os.dup(descriptor)
        except OSError:  # closed, as under pythonw.exe: nothing can be printed there
            yield
            return
        os.dup2(file.fileno(), descriptor)
        try:
            yield
        finally:
            os.dup2(saved, descriptor)
            os.close(saved)
            file.seek(0)
            for line in file.read().decode(errors="replace").splitlines():
                logger.debug("onnxruntime printed: %s", line)
