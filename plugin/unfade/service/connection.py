"""One end of the pipe: frames read and sorted in one thread, frames written in another.

The service and the window that works for an editor both sit behind a :class:`Connection`.
"""

from __future__ import annotations

import collections
import io
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from unfade import __version__
from unfade.errors import (
    Cancelled,
    DeviceError,
    ModelError,
    OutputError,
    PictureError,
    UnfadeError,
    UsageError,
)
from unfade.inference import OutOfMemory
from unfade.log import log_file, unforeseen
from unfade.picture import LARGEST_FLOAT, Metadata, Picture
from unfade.service.protocol import (
    MAX_HEADER,
    MAX_PAYLOAD,
    MAX_PIXELS,
    PROTOCOL,
    STRIPE,
    BrokenFrame,
    Image,
    Pixels,
    Request,
    encode_header,
    id_of,
    parse_request,
    read_header,
)

logger = logging.getLogger(__name__)

_PIPE_BYTES = 1 << 20
_DISCARD = 1 << 16
_HELLO_SECONDS = 1.0
_WAITING = 4  # frames of pixels that may wait to be written
_MOST_WAITING = 1000  # frames of any kind, for a client that sends requests and reads no answers
_KINDS: Final[dict[type[Exception], str]] = {
    UsageError: "usage",
    PictureError: "picture",
    OutputError: "output",
    ModelError: "model",
    DeviceError: "device",
    OutOfMemory: "memory",
    MemoryError: "memory",
    Cancelled: "cancelled",
    BrokenFrame: "protocol",
}


def kind_of(error: Exception) -> str:
    """The word in an error reply for a program to decide by."""
    return next((kind for cls, kind in _KINDS.items() if isinstance(error, cls)), "internal")


def sentence_of(error: Exception) -> str:
    """What an error reply says to a person."""
    if isinstance(error, UnfadeError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this picture: close other programs, or choose a smaller part."
    return unforeseen(error)


class Connection:
    """Requests in, replies out.

    One thread calls :meth:`read`; the others may be called from any.
    """

    def __init__(
        self, source: io.BufferedReader, sink: io.BufferedWriter, on_broken: Callable[[], object]
    ) -> None:
        """``on_broken`` is called once when the client has stopped reading for good."""
        self._source = source
        self._outbox = _Outbox(sink, on_broken)
        self._uploads: dict[tuple[int, bool], _Expected] = {}

    @classmethod
    def on_standard_streams(cls, on_broken: Callable[[], object]) -> Connection:
        """The one on this process's stdin and stdout. Raises UsageError where they are no pipes."""
        source, sink = take_standard_streams()
        return cls(source, sink, on_broken)

    def start(self) -> None:
        """Begins to write, and has said hello, also where the input is over at once."""
        self._outbox.start()
        self.post(
            {
                "type": "hello",
                "protocol": PROTOCOL,
                "version": __version__,
                "order": sys.byteorder,
                "max_header": MAX_HEADER,
                "max_payload": MAX_PAYLOAD,
                "max_pixels": MAX_PIXELS,
                "log": str(log_file()),
            }
        )
        self.drain(_HELLO_SECONDS)

    # Reading

    def read(self, take: Callable[[Request], bool]) -> bool:
        """Hands on requests until the stream ends (True) or ``take`` gives False.

        What ``take`` raises of UnfadeErrors and MemoryErrors becomes the request's last reply. Raises
        BrokenFrame for a frame that is none.
        """
        while True:
            frame = read_header(self._source)
            if frame is None:
                return True
            header, payload = frame
            try:
                request = parse_request(header)
                if isinstance(request, Pixels):
                    payload = self._receive((request.id, request.selection), payload)
                elif not take(request):
                    return False
            except (UnfadeError, MemoryError) as error:
                if isinstance(error, BrokenFrame):
                    raise
                self.fail(id_of(header), error)
            self._discard(payload)

    def expect(
        self,
        id: int,
        upload: Upload,
        arrived: Callable[[Picture], object],
        failed: Callable[[Exception], object],
        *,
        selection: bool = False,
    ) -> None:
        """Has the pixels of a request received, or those of its selection, which follow; one of the two
        functions is called then, in the reading thread."""
        self._uploads[id, selection] = _Expected(upload, arrived, failed)

    def drop(self, id: int) -> None:
        """Passes over what is still to come of a request's pixels."""
        for selection in (False, True):
            self._uploads.pop((id, selection), None)

    def _receive(self, key: tuple[int, bool], payload: int) -> int:
        """Takes in a stripe, and gives how many of its bytes are left unread."""
        id, _ = key
        expected = self._uploads.get(key)
        if expected is None:
            return payload  # of a request that was refused or stopped while its pixels were on the way
        upload, arrived, failed = expected
        if payload > upload.missing:
            self.drop(id)
            failed(UsageError("There are more pixels than the image's size says."))
            return payload
        try:
            upload.receive(self._source, payload)
        except MemoryError as error:  # after reading, while the stripe is being converted
            self.drop(id)
            failed(error)
            return 0
        if upload.missing == 0 and self._uploads.pop(key, None) is not None:
            arrived(upload.picture)
        return 0

    def _discard(self, count: int) -> None:
        """Reads so many bytes and forgets them. Raises BrokenFrame where the stream ends first."""
        while count:
            got = len(self._source.read(min(count, _DISCARD)))
            if not got:
                raise BrokenFrame("The frames end inside a picture.")
            count -= got

    # Writing

    def post(self, header: Mapping[str, Any]) -> None:
        """Sends a frame without pixels, and waits only when the client leaves very many unread."""
        self._outbox.put(encode_header(header), None, _MOST_WAITING)

    def fail(self, id: int | None, error: Exception) -> None:
        """Sends the last reply to a request that failed, and notes it in the log."""
        kind, message = kind_of(error), sentence_of(error)
        if kind == "internal":
            logger.error("unexpected failure", exc_info=error)
        else:
            logger.info("request %s failed: %s", id, message)
        self.refuse(id, kind, message)

    def refuse(self, id: int | None, kind: str, message: str) -> None:
        """Sends an error reply."""
        self.post({"type": "error", "id": id, "kind": kind, "message": message})

    def send_result(
        self,
        header: Mapping[str, Any],
        pixels: NDArray[Any],
        mask: NDArray[np.uint8] | None = None,
        *,
        order: str = sys.byteorder,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        """Sends a result with its pixels (HWC) and its mask (HW), in stripes.

        Args:
            header: what the reply says beside its size: ``id`` and so on.
            pixels: of the depth, and with the values, that the picture was sent with.
            order: the byte order that the client wants.
            check: called before every stripe; what it raises ends the sending.
        """
        image = Image.of(pixels, order)
        sizes = {"image": image.header, "pixels": image.size, "mask": mask is not None}
        self.post({"type": "result", **header, **sizes})
        self._send_samples({"type": "pixels", "id": header["id"]}, pixels, image.swapped, check)
        if mask is not None:
            self._send_samples({"type": "mask", "id": header["id"]}, mask, False, check)

    def drain(self, seconds: float) -> None:
        """Waits until everything is written, but not longer than that."""
        self._outbox.drain(seconds)

    def _send_samples(
        self, header: Mapping[str, Any], samples: NDArray[Any], swapped: bool, check: Callable[[], object]
    ) -> None:
        flat = np.ascontiguousarray(samples).reshape(-1)
        step = STRIPE // flat.itemsize
        for first in range(0, flat.size, step):
            check()
            stripe = flat[first : first + step]
            if swapped:
                stripe = stripe.byteswap()
            view = stripe.view(np.uint8).data
            self._outbox.put(encode_header(header, view.nbytes), view, _WAITING)


class Upload:
    """A picture that arrives in stripes, written where it will stay.

    Samples are brought into this computer's byte order as they come. Floats become finite (NaN 0, infinity
    LARGEST_FLOAT), and their alpha is clipped to [0, 1].
    """

    def __init__(self, image: Image) -> None:
        """Raises MemoryError where there is no room for it."""
        self.image = image
        self.pixels = np.empty(image.shape, image.dtype)
        self._flat = self.pixels.reshape(-1)
        self._bytes = self._flat.view(np.uint8).data
        self._received = 0

    @property
    def picture(self) -> Picture:
        """The picture, once nothing is missing."""
        return Picture(self.pixels, Metadata(icc=self.image.icc))

    @property
    def missing(self) -> int:
        """Bytes still to come."""
        return self.image.size - self._received

    def receive(self, stream: io.BufferedReader, count: int) -> None:
        """Reads so many bytes, at most those missing. Raises BrokenFrame where the stream ends first."""
        first, end = self._received, self._received + count
        while self._received < end:
            got = stream.readinto(self._bytes[self._received : end])
            if not got:
                raise BrokenFrame("The frames end inside a picture.")
            self._received += got
        size = self.image.dtype.itemsize
        samples = self._flat[first // size : end // size]
        if self.image.swapped:
            samples.byteswap(inplace=True)
        if self.image.depth == "float32":
            np.nan_to_num(samples, copy=False, nan=0.0, posinf=LARGEST_FLOAT, neginf=-LARGEST_FLOAT)
            if self.image.channels in (2, 4):
                alpha = samples[(-1 - first // size) % self.image.channels :: self.image.channels]
                np.clip(alpha, 0.0, 1.0, out=alpha)


class _Expected(NamedTuple):
    """Pixels on their way in, and who waits for them."""

    upload: Upload
    arrived: Callable[[Picture], object]
    failed: Callable[[Exception], object]


class _Outbox(threading.Thread):
    """Writes frames, one after the other, so that nobody else has to wait for a slow client."""

    def __init__(self, stream: io.BufferedWriter, on_broken: Callable[[], object]) -> None:
        """``on_broken`` is called once when the client has stopped reading for good."""
        super().__init__(name="unfade-outbox", daemon=True)
        self._stream = stream
        self._on_broken = on_broken
        self._frames: collections.deque[tuple[bytes, memoryview | None]] = collections.deque()
        self._changed = threading.Condition()
        self._writing = False
        self._broken = False

    def put(self, head: bytes, pixels: memoryview | None, most: int) -> None:
        """Queues a frame; waits while so many are queued already."""
        with self._changed:
            while len(self._frames) >= most and not self._broken:
                self._changed.wait()
            if not self._broken:
                self._frames.append((head, pixels))
                self._changed.notify_all()

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
