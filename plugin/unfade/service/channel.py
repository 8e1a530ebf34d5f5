"""The two ends of the pipe: standard input and output taken for frames alone, and the thread that writes."""

from __future__ import annotations

import collections
import io
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from unfade.errors import UsageError
from unfade.service.protocol import encode_header

_PIPE_BYTES = 1 << 20
_WAITING = 4  # frames of pixels that may wait to be written
_MOST_WAITING = 1000  # frames of any kind, for a client that sends requests and reads no answers


def take_standard_streams() -> tuple[io.BufferedReader, io.BufferedWriter]:
    """Readers and writers of frames on what were stdin and stdout.

    From then on file descriptor 1 is stderr, for libraries print whatever they like, and 0 is empty.

    Raises UsageError where stdin or stdout is a terminal or closed.
    """
    try:
        if os.isatty(0) or os.isatty(1):
            raise UsageError(
                "unfade serve talks to editors through pipes; it has nothing to say to a person."
            )
        source, sink = os.dup(0), os.dup(1)
    except OSError as error:
        raise UsageError("unfade serve needs pipes as its standard input and output.") from error
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # no stderr either, as under pythonw.exe
        os.dup2(null, 1)
    os.close(null)
    for descriptor in (source, sink):
        _prepare(descriptor)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def _prepare(descriptor: int) -> None:
    """No translation of line ends on Windows, and wider pipes where Linux allows them."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(descriptor, os.O_BINARY)
    elif sys.platform == "linux":
        import contextlib
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


class Outbox(threading.Thread):
    """Writes frames, one after the other, so that nobody else has to wait for a slow client."""

    def __init__(self, stream: io.BufferedWriter, on_broken: Callable[[], None]) -> None:
        """``on_broken`` is called once when the client has stopped reading for good."""
        super().__init__(name="unfade-outbox", daemon=True)
        self._stream = stream
        self._on_broken = on_broken
        self._frames: collections.deque[tuple[bytes, memoryview | None]] = collections.deque()
        self._changed = threading.Condition()
        self._writing = False
        self._broken = False

    def post(self, header: Mapping[str, Any]) -> None:
        """Sends a frame without pixels, and waits only when the client leaves very many unread."""
        self._put(encode_header(header), None, _MOST_WAITING)

    def send(self, header: Mapping[str, Any], pixels: memoryview) -> None:
        """Sends a stripe; waits until only a few frames are left to write."""
        self._put(encode_header(header, pixels.nbytes), pixels, _WAITING)

    def drain(self, seconds: float) -> None:
        """Waits until everything is written, but not longer than that."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while (self._frames or self._writing) and not self._broken:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return

    def run(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                while not self._frames:
                    self._changed.wait()
                head, pixels = self._frames.popleft()
                self._writing = True
            try:
                self._stream.write(head)
                if pixels is not None:
                    self._stream.write(pixels)
                self._stream.flush()
            except OSError:
                with self._changed:
                    self._broken = True
                    self._frames.clear()
                    self._changed.notify_all()
                self._on_broken()
                return

    def _put(self, head: bytes, pixels: memoryview | None, most: int) -> None:
        with self._changed:
            while len(self._frames) >= most and not self._broken:
                self._changed.wait()
            if not self._broken:
                self._frames.append((head, pixels))
                self._changed.notify_all()
