"""A client of ``unfade serve`` in one file: standard library only, Python 3.9 to 3.14.

It is copied into editors' plug-ins, so it imports nothing of Unfade. The protocol is in docs/service.md.

    with Client("/path/to/unfade's/python") as engine:
        result = engine.apply("upscale", {"scale": 2}, width, height, 4, "u8", pixels, on_progress=show)

    with Client("/path/to/unfade's/python", window=True) as window:  # waits for the person before it
        result = window.apply("upscale", {}, width, height, 4, "u8", pixels, title="Layer 1")

Every failure is an :class:`EngineError` whose text is a sentence for the user. A client may be used from
several threads; callbacks run in the thread that called. Nothing is written to disk, no port is opened.
"""

from __future__ import annotations

import base64
import collections
import contextlib
import itertools
import json
import math
import mmap
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PROTOCOL = 1
SAMPLE_BYTES = {"u8": 1, "u16": 2, "float32": 4}
UNCLEAN_VARIABLES = (
    "PYTHONPATH",
    "PYTHONHOME",
    "LD_LIBRARY_PATH",
    "QT_PLUGIN_PATH",
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "GI_TYPELIB_PATH",
)
"""What editors set for their own Python and libraries, and what would break the engine's."""

_STRIPE = 1 << 20
_TICK = 0.1
_STDERR_KEPT = 4000
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # Linux' F_SETPIPE_SZ, which Python's fcntl has no name for before 3.10

OnProgress = Callable[[float, int], Any]
"""Called with (tiles done, tiles in all), both 0 before the first tile, and at least ten times a second, so
that an editor can keep its window alive in it. Returning False, or raising, cancels the request."""


class EngineError(Exception):
    """Something went wrong; its text is one sentence.

    Attributes:
        kind: what a program may decide by: "usage", "picture", "model", "device", "memory", "cancelled",
            "superseded", "protocol", "internal" from the engine; "start", "died", "timeout" and "closed" when
            there is none (any more).
        details: the last lines the engine wrote to its stderr, for a log; often empty.
    """

    def __init__(self, message: str, kind: str, details: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.details = details


class Result:
    """A filtered picture, or a part of it.

    Attributes:
        height, width, channels, depth: as those of a request.
        pixels: memoryview of bytes; rows from top to bottom without gaps, samples in this computer's byte
            order. It can be written to.
        mask: memoryview, a byte for each pixel: where De-artifact found a watermark (255 surely); or None.
        region: (y, x, height, width) of a part within the whole result; None for all of it.
        exact: False where a part may differ from that part of the whole result by more than rounding.
        model, provider, provider_label: what ran.
        fallback: a sentence on why it was not the GPU, or None.
        chosen: options that were left to the picture, by name, and their values for it.
        proposal: the steps that Restore chose, as recipes have them; None where it did not run.
        warnings: sentences on what was asked for and not done.
        seconds, engine_seconds: what the filter took, and what of that the network took.
        recipe: from the window, what was done, for :meth:`Client.submit` to do it again; else None.
    """

    def __init__(self, header: Mapping[str, Any]) -> None:
        image = header["image"]
        self.height: int = image["height"]
        self.width: int = image["width"]
        self.channels: int = image["channels"]
        self.depth: str = image["depth"]
        part = header.get("region")
        self.region: tuple[int, int, int, int] | None = (
            (part["y"], part["x"], part["height"], part["width"]) if part else None
        )
        self.exact: bool = header["exact"]
        self.model: str = header["model"]
        self.provider: str = header["provider"]
        self.provider_label: str = header["provider_label"]
        self.fallback: str | None = header["fallback"]
        self.chosen: dict[str, float] = header.get("chosen", {})
        self.proposal: Sequence[Mapping[str, Any]] | None = header.get("proposal")
        self.warnings: tuple[str, ...] = tuple(header.get("warnings", ()))
        self.seconds: float = header["seconds"]
        self.engine_seconds: float = header["engine_seconds"]
        self.recipe: dict[str, Any] | None = header.get("recipe")
        self.pixels = _room(header["pixels"])
        self.mask = _room(self.height * self.width) if header.get("mask") else None
        waiting = {"pixels": self.pixels, "mask": self.mask}
        self._missing = {kind: view for kind, view in waiting.items() if view}

    def _receive(self, kind: str, stream: IO[bytes], count: int) -> bool:
        """Takes in a stripe of the pixels or of the mask, and says whether that was the last."""
        view = self._missing.get(kind, memoryview(b""))
        if count > len(view):
            raise ValueError("more than the result's size says")
        self._missing[kind] = view[count:]
        view = view[:count]
        while view:
            got = stream.readinto(view)  # type: ignore[attr-defined]
            if not got:
                raise EOFError
            view = view[got:]
        return not any(self._missing.values())

    def stripes(self, most: int = 1 << 22) -> Iterator[tuple[int, int, memoryview]]:
        """The pixels as (first row, rows, view), each of at most ``most`` bytes, or of one row."""
        row = self.width * self.channels * SAMPLE_BYTES[self.depth]
        rows = max(1, most // row)
        for y in range(0, self.height, rows):
            count = min(rows, self.height - y)
            yield y, count, self.pixels[y * row : (y + count) * row]


class Job:
    """A request on its way. Made by :meth:`Client.submit`."""

    def __init__(self, client: Client, id: int) -> None:
        self.id = id
        self._client = client
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._result: Result | None = None
        self._progress: tuple[float, int] = (0, 0)
        self._ticked = 0.0
        self.failed = False

    def cancel(self) -> None:
        """Asks the engine to stop; ``result`` then raises the kind "cancelled". Any thread may call it."""
        with contextlib.suppress(EngineError):
            self._client._send({"type": "cancel", "id": self.id})

    def result(self, on_progress: OnProgress | None = None) -> Any:
        """Waits for the answer: a Result for ``apply``, the reply's dict for others. Raises EngineError."""
        try:
            while True:
                with contextlib.suppress(queue.Empty):
                    event, value = self._events.get(timeout=_TICK)
                    if event == "error":
                        raise value
                    if event == "result":
                        return value
                    self._progress = value
                    self._ticked = 0.0
                self._client._check_silence()
                self._tick(on_progress)
        except BaseException as error:
            if not (isinstance(error, EngineError) and self.failed):
                self.cancel()
            raise
        finally:
            self._client._jobs.pop(self.id, None)

    def _tick(self, on_progress: OnProgress | None) -> None:
        now = time.monotonic()
        if on_progress is None or now - self._ticked < _TICK:
            return
        self._ticked = now
        if on_progress(*self._progress) is False:
            raise EngineError("The filter was stopped.", "cancelled")

    # The rest is called by the client's reading thread.

    def _fail(self, error: EngineError) -> None:
        self.failed = True
        self._events.put(("error", error))

    def _begin(self, header: Mapping[str, Any]) -> None:
        if "pixels" not in header:
            self._events.put(("result", dict(header)))
            return
        try:
            self._result = Result(header)
        except (MemoryError, OSError):
            self._fail(EngineError("There is not enough memory for the result of the filter.", "memory"))
            self.cancel()

    def _receive(self, kind: str, stream: IO[bytes], count: int) -> None:
        if self._result is None:
            _discard(stream, count)
        elif self._result._receive(kind, stream, count):
            self._events.put(("result", self._result))


class Client:
    """An engine process of one's own."""

    def __init__(
        self,
        python: str | Sequence[str],
        arguments: Sequence[str] = (),
        *,
        window: bool = False,
        environment: Mapping[str, str] | None = None,
        start_timeout: float = 60,
        timeout: float = 300,
    ) -> None:
        """Starts the engine, or the preview window in its place.

        Args:
            python: the interpreter that Unfade is installed in; or a whole command, whose first word it is.
            arguments: further words for ``unfade serve``: ``["--device", "cpu"]``.
            window: starts ``unfade preview --host``, which answers one ``apply`` when the person is done:
                with the result, or with the error kind "cancelled".
            environment: variables to set beside those of this process that do the engine no harm.
            start_timeout: seconds until the engine must have said hello.
            timeout: seconds of silence, while it has something to do, after which it is given up; of a
                window never.

        Raises:
            EngineError: kind "start" when it cannot be started, "protocol" when it is too new or too old.
        """
        command = [python] if isinstance(python, str) else list(python)
        if len(command) == 1:
            command += ["-m", "unfade", *(("preview", "--host") if window else ("serve",))]
        self._timeout = math.inf if window else timeout
        self._ids = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._hello: dict[str, Any] | None = None
        self._dead: EngineError | None = None
        self._giving_up: EngineError | None = None
        self._complaint: str | None = None
        self._said_hello = threading.Event()
        self._ended = threading.Event()
        self._closed = False
        self._writing = threading.Lock()
        self._writing_since: float | None = None
        self._heard = time.monotonic()
        self._stderr: collections.deque[str] = collections.deque(maxlen=50)
        self._process = _start([*command, *arguments], environment or {})
        # Also at the end of the interpreter: an engine that hangs must not outlive the editor.
        self._finalizer = weakref.finalize(self, _kill, self._process)
        self._threads = [
            threading.Thread(target=target, name=f"unfade-{target.__name__}", daemon=True)
            for target in (self._listen, self._read, self._watch)  # _read waits for the end of _listen
        ]
        for thread in self._threads:
            thread.start()
        self._greet(start_timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def hello(self) -> Mapping[str, Any]:
        """What the engine said of itself: version, limits, where its log is."""
        return self._hello or {}

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the engine still runs."""
        return not self._ended.is_set()

    def list(self) -> dict[str, Any]:
        """Filters with their options, models, provider and fallback: the reply to ``list``."""
        reply: dict[str, Any] = self._request({"type": "list"}).result()
        return reply

    def apply(
        self,
        filter: str | None,
        options: Mapping[str, Any] | None,
        width: int,
        height: int,
        channels: int,
        depth: str,
        pixels: Any,
        *,
        on_progress: OnProgress | None = None,
        **more: Any,
    ) -> Result:
        """Runs a filter or a recipe and waits for its result; all arguments are those of :meth:`submit`."""
        job = self.submit(
            filter, options, width, height, channels, depth, pixels, on_progress=on_progress, **more
        )
        result: Result = job.result(on_progress)
        return result

    def submit(
        self,
        filter: str | None,
        options: Mapping[str, Any] | None,
        width: int,
        height: int,
        channels: int,
        depth: str,
        pixels: Any,
        *,
        recipe: Mapping[str, Any] | None = None,
        region: tuple[int, int, int, int] | None = None,
        lane: str | None = None,
        title: str | None = None,
        icc: bytes | None = None,
        selection: Any = None,
        on_progress: OnProgress | None = None,
    ) -> Job:
        """Sends a picture and what to do with it, and does not wait for the result.

        Args:
            filter, options: as :meth:`list` describes them; options left out keep their defaults.
            channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha (straight).
            depth: "u8", "u16" or "float32" (0 to 1), in this computer's byte order.
            pixels: bytes or anything of their kind, rows without gaps; or an iterator of such stripes.
            recipe: ``{"steps": [{"filter": ..., "options": ...}, ...]}``; filter and options are None then.
            region: (y, x, height, width) in pixels of the picture: only this part of the result.
            lane: a name; a newer request of the same lane stops this one (kind "superseded").
            title: what a window calls the picture.
            icc: the colour profile of the pixels, and of the result; None means sRGB.
            selection: bytes, one for each pixel of the region: how far it is selected, 255 wholly. For a
                window, which limits the preview to it; the result is that of the region all the same.
            on_progress: called while the pixels are being sent.

        Raises:
            EngineError: the engine is gone, or refused the request while its pixels were being sent.
        """
        header = _apply(filter, options, recipe, region, lane=lane, title=title)
        if selection is not None:
            header["selection"] = True
        job = self._upload(header, width, height, channels, depth, pixels, on_progress, icc)
        for stripe in () if selection is None else _stripes(selection):
            for start in range(0, stripe.nbytes, _STRIPE):
                self._send({"type": "selection", "id": job.id}, stripe[start : start + _STRIPE])
        return job

    def store(
        self,
        name: str,
        width: int,
        height: int,
        channels: int,
        depth: str,
        pixels: Any,
        *,
        icc: bytes | None = None,
    ) -> None:
        """Keeps a picture in the engine, for :meth:`submit_stored`; parameters as for :meth:`submit`."""
        header = {"type": "store", "picture": name}
        self._upload(header, width, height, channels, depth, pixels, None, icc).result()

    def forget(self, name: str) -> None:
        """Lets go of a stored picture."""
        self._request({"type": "forget", "picture": name}).result()

    def survey(
        self,
        recipe: Mapping[str, Any],
        sources: Iterable[os.PathLike[str]],
        on_progress: OnProgress | None = None,
    ) -> None:
        """Has the engine look at all files that a recipe is to be run on, for filters that treat them alike.

        Raises EngineError, and what ``on_progress`` raises.
        """
        paths = [os.path.abspath(source) for source in sources]  # noqa: PTH100 - also for what is no Path
        self._request({"type": "survey", "recipe": dict(recipe), "sources": paths}).result(on_progress)

    def submit_stored(
        self,
        filter: str | None,
        options: Mapping[str, Any] | None,
        name: str,
        *,
        recipe: Mapping[str, Any] | None = None,
        region: tuple[int, int, int, int] | None = None,
        lane: str | None = None,
    ) -> Job:
        """:meth:`submit` for a stored picture."""
        return self._request(_apply(filter, options, recipe, region, lane=lane, picture=name))

    def cancel(self) -> None:
        """Stops all requests. Any thread may call it."""
        with contextlib.suppress(EngineError):
            self._send({"type": "cancel"})

    def close(self, timeout: float = 5) -> None:
        """Ends the engine, by force if it does not within ``timeout`` seconds. May be called again."""
        self._closed = True
        if self._writing.acquire(timeout=1):  # else a thread is stuck in sending
            try:
                with contextlib.suppress(OSError):
                    _pipe(self._process.stdin).close()
            finally:
                self._writing.release()
        else:
            self._process.kill()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._finalizer.detach()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout)

    # Starting

    def _greet(self, timeout: float) -> None:
        if not self._said_hello.wait(timeout):
            self._giving_up = self._error(
                f"Unfade's engine did not start within {timeout:g} seconds; try again.", "start"
            )
            self._process.kill()
        if self._hello is None:
            self._ended.wait(5)
            self.close()
            raise self._dead or self._error("Unfade's engine did not start.", "start")
        if self._hello.get("protocol") != PROTOCOL:
            self.close()
            raise EngineError(
                f"This plug-in does not fit the installed Unfade {self._hello.get('version')}: "
                "install the plug-in again.",
                "protocol",
            )

    # Sending

    def _request(self, header: Mapping[str, Any]) -> Job:
        job = Job(self, next(self._ids))
        self._jobs[job.id] = job
        self._heard = time.monotonic()
        try:
            self._send({**header, "id": job.id})
        except EngineError:
            self._jobs.pop(job.id, None)
            raise
        return job

    def _upload(
        self,
        header: Mapping[str, Any],
        width: int,
        height: int,
        channels: int,
        depth: str,
        pixels: Any,
        on_progress: OnProgress | None,
        icc: bytes | None = None,
    ) -> Job:
        if depth not in SAMPLE_BYTES:
            raise EngineError(f"The depth must be one of {', '.join(SAMPLE_BYTES)}, not {depth!r}.", "usage")
        size = width * height * channels * SAMPLE_BYTES[depth]
        image: dict[str, Any] = {"height": height, "width": width, "channels": channels, "depth": depth}
        if icc is not None:
            image["icc"] = base64.b64encode(icc).decode("ascii")
        job = self._request({**header, "image": {**image, "order": sys.byteorder}})
        sent = 0
        try:
            for stripe in _stripes(pixels):
                sent += stripe.nbytes
                if sent > size:
                    break
                for start in range(0, stripe.nbytes, _STRIPE):
                    if job.failed:  # result() tells why
                        return job
                    self._send({"type": "pixels", "id": job.id}, stripe[start : start + _STRIPE])
                    job._tick(on_progress)
            if sent != size and not job.failed:
                raise EngineError(
                    f"{width} x {height} pixels with {channels} channels of {depth} are {size} bytes, "
                    f"not {'more' if sent > size else sent}.",
                    "usage",
                )
        except BaseException:
            job.cancel()
            self._jobs.pop(job.id, None)
            raise
        self._heard = time.monotonic()
        return job

    def _send(self, header: Mapping[str, Any], pixels: memoryview | None = None) -> None:
        if pixels is not None:
            header = {**header, "payload": pixels.nbytes}
        text = json.dumps(header).encode("ascii")
        if len(text) > self.hello.get("max_header", _STRIPE):
            raise EngineError("There are too many hints or strokes; take some of them away.", "usage")
        with self._writing:
            if self._closed:
                raise EngineError("Unfade's engine was closed.", "closed")
            self._writing_since = time.monotonic()
            try:
                stream = _pipe(self._process.stdin)
                stream.write(len(text).to_bytes(4, "big") + text)
                if pixels is not None:
                    stream.write(pixels)
                stream.flush()
                return
            except (OSError, ValueError):
                pass
            finally:
                self._writing_since = None
        self._ended.wait(5)
        raise self._dead or self._error("Unfade's engine stopped listening.", "died")

    def _check_silence(self) -> None:
        if time.monotonic() - self._heard > self._timeout:
            self._give_up()

    def _give_up(self) -> None:
        if self._giving_up is None:
            self._giving_up = self._error(
                f"Unfade's engine gave no sign of life for {self._timeout:g} seconds, so it was stopped; "
                "nothing was changed.",
                "timeout",
            )
            self._process.kill()

    # Threads

    def _read(self) -> None:
        """Takes replies until there are no more."""
        stream = _pipe(self._process.stdout)
        # What is no reply, or has no room, ends it too: the engine is killed, and whoever waits is told.
        with contextlib.suppress(Exception):
            while True:
                length = int.from_bytes(_exactly(stream, 4), "big")
                if length > 1 << 26:
                    break
                header = json.loads(_exactly(stream, length))
                self._heard = time.monotonic()
                self._dispatch(header, stream)
        if self._process.poll() is None and not self._closed:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)  # its output has ended, so it is about to
        if self._process.poll() is None:
            self._process.kill()
        code = self._process.wait()
        self._threads[0].join(2)  # what it wrote to stderr last
        self._dead = self._giving_up or self._obituary(code)
        self._ended.set()
        self._said_hello.set()
        for job in tuple(self._jobs.values()):
            job._fail(self._dead)
        stream.close()

    def _dispatch(self, header: dict[str, Any], stream: IO[bytes]) -> None:
        kind, payload = header.get("type"), header.get("payload", 0)
        job = self._jobs.get(header.get("id") or 0)
        if kind == "hello":
            self._hello = header
            self._said_hello.set()
        elif kind == "error" and header.get("id") is None:
            self._complaint = header["message"]
        elif job is None:
            pass  # it was cancelled, and this was on the way
        elif kind == "progress":
            job._events.put(("progress", (header["done"], header["total"])))
        elif kind == "error":
            job._fail(EngineError(header["message"], header["kind"]))
        elif kind == "result":
            job._begin(header)
        elif kind in ("pixels", "mask"):
            job._receive(kind, stream, payload)
            return
        _discard(stream, payload)

    def _listen(self) -> None:
        """Keeps the last of what the engine writes to stderr, which must not fill its pipe."""
        stream = _pipe(self._process.stderr)
        with contextlib.suppress(OSError, ValueError):
            for line in stream:
                self._stderr.append(line[-_STDERR_KEPT:].decode(errors="replace"))
        stream.close()

    def _watch(self) -> None:
        """Gives up an engine that takes no more pixels."""
        while not self._ended.wait(1):
            since = self._writing_since
            if since is not None and time.monotonic() - since > self._timeout:
                self._give_up()

    # Failures

    def _error(self, message: str, kind: str) -> EngineError:
        return EngineError(message, kind, "".join(self._stderr)[-_STDERR_KEPT:])

    def _obituary(self, code: int) -> EngineError:
        if self._closed:
            return self._error("Unfade's engine was closed.", "closed")
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        if self._hello is None:
            last = next(
                (line.strip() for line in reversed(self._stderr) if line.strip()), "it gave no reason"
            )
            return self._error(f"Unfade's engine did not start ({how}): {last}", "start")
        if self._complaint:
            return self._error(self._complaint, "protocol")
        return self._error(
            f"Unfade's engine stopped unexpectedly ({how}), so nothing was changed; try again, "
            "with a smaller picture if memory is short.",
            "died",
        )


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would break another Python, and with ``extra``."""
    kept = {name: value for name, value in os.environ.items() if name.upper() not in UNCLEAN_VARIABLES}
    return {**kept, "PYTHONSAFEPATH": "1", **extra}


def _start(command: Sequence[str], extra: Mapping[str, str]) -> subprocess.Popen[bytes]:
    python = shutil.which(command[0])
    if python is None:
        raise EngineError(
            f"Unfade's engine could not be started, there is no program {command[0]}: install Unfade again.",
            "start",
        )
    interpreter = Path(python).absolute()  # not resolved: a virtual environment is known by its link
    options: dict[str, Any] = {"start_new_session": True}  # Ctrl+C in the editor's terminal is the editor's
    if sys.platform == "win32":
        quietly = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        options = {"creationflags": quietly}
    try:
        process = subprocess.Popen(
            [str(interpreter), *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(extra),
            # "python -m" looks for modules in the working directory first, and in an editor's plug-in folder
            # the plug-in itself is called unfade.
            cwd=interpreter.parent,
            **options,
        )
    except OSError as error:
        raise EngineError(f"Unfade's engine could not be started: {error}.", "start") from error
    if sys.platform == "linux":
        import fcntl

        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                fcntl.fcntl(_pipe(stream), _SET_PIPE_SIZE, _PIPE_BYTES)
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _apply(
    filter: str | None,
    options: Mapping[str, Any] | None,
    recipe: Mapping[str, Any] | None,
    region: tuple[int, int, int, int] | None,
    **more: str | None,
) -> dict[str, Any]:
    """The header of an ``apply``, without what is None."""
    part = None
    if region is not None:
        y, x, height, width = region
        part = {"y": y, "x": x, "height": height, "width": width}
    fields = {"filter": filter, "options": options, "recipe": recipe, "region": part, **more}
    return {"type": "apply", **{name: value for name, value in fields.items() if value is not None}}


def _stripes(pixels: Any) -> Iterable[memoryview]:
    """Views of bytes: of the whole, or of each stripe of an iterator."""
    try:
        whole = memoryview(pixels)
    except TypeError:
        for stripe in pixels:
            yield memoryview(stripe).cast("B")
    else:
        yield whole.cast("B")


def _room(count: int) -> memoryview:
    """Memory for so many bytes. Raises MemoryError or OSError.

    Not a bytearray: that zeroes them while no other thread can run, a third of a second for 144 MB. Private:
    the kernel takes longer to give pages that could be shared. (Huge ones take it even longer where it has
    to make room for them first.)
    """
    if sys.platform == "win32":
        return memoryview(mmap.mmap(-1, count))
    return memoryview(mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _discard(stream: IO[bytes], count: int) -> None:
    while count:
        count -= len(_exactly(stream, min(count, 1 << 16)))
