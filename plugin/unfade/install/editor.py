"""What the plug-ins for GIMP and Krita share: which filters there are, and how pictures pass through them.

`unfade install` copies it beside each plug-in as ``unfade_editor.py``, with the client and with
``unfade.json``, which names the engine and describes its filters. Standard library only, Python 3.9 to 3.14.
Every failure is an :class:`EngineError` whose text is a sentence for the user.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from unfade_client import SAMPLE_BYTES, Client, EngineError, Result

SETTINGS = "unfade.json"
# With the editor's end ends the engine; the variable is one of those that flatpak-spawn does not pass on.
_OUT_OF_FLATPAK = ("flatpak-spawn", "--host", "--watch-bus", "--env=PYTHONSAFEPATH=1")

STRIPE = 1 << 22
"""About so many bytes go to and from an editor at once."""

_CODES = {"u8": "B", "u16": "H", "float32": "f"}  # of Python's arrays

OnFraction = Callable[..., Any]
"""Called ten times a second with what is done, 0 to 1, or None before that is known; False cancels."""


@dataclass(frozen=True)
class Option:
    """One setting of a filter, as ``list`` of docs/service.md describes it."""

    name: str
    type: str
    optional: bool
    default: Any
    low: float | None
    high: float | None
    help: str

    @property
    def absent(self) -> Any:
        """What stands for "left out" where an argument always has a value: one below the range, or ""."""
        return "" if self.type == "str" or self.low is None else self.low - 1

    @property
    def explained(self) -> str:
        """The help, with the range of a number."""
        if self.low is None or self.high is None:
            return self.help
        absent = f" {self.absent:g} leaves it out." if self.optional else ""
        return f"{self.help} From {self.low:g} to {self.high:g}.{absent}"

    def parsed(self, value: Any) -> Any:
        """The option's value for that of its argument."""
        if self.optional and value == self.absent:
            return None
        if self.type in ("bool", "int", "float", "str"):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise EngineError(f"{self.name} must be a JSON list ({error}).", "usage") from error


@dataclass(frozen=True)
class Filter:
    """One menu entry."""

    name: str
    title: str
    titles: Mapping[str, str]
    """The title by language: "en", and others such as "de" and "zh_CN"."""
    summary: str
    gives_colour: bool
    """Whether gray pictures come out with colours."""
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Step:
    """One filter of a recipe, with the options that are not left at their defaults."""

    filter: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Pixels:
    """A picture on its way to the engine; ``data`` is bytes, an array, or stripes from top to bottom: a list
    of them, or an iterator."""

    width: int
    height: int
    channels: int
    depth: str
    data: Any
    icc: bytes | None = None
    """The values' colour profile, which is also the result's; None means sRGB. What becomes of a gray picture
    with colours is sRGB."""

    @property
    def arguments(self) -> tuple[int, int, int, str, Any]:
        """As the client takes them."""
        return self.width, self.height, self.channels, self.depth, self.data

    def taken(self) -> Pixels:
        """The same with all stripes at hand."""
        return replace(self, data=list(self.data)) if isinstance(self.data, Iterator) else self


class Unfade:
    """The installed Unfade, as ``unfade.json`` in the plug-in's folder describes it."""

    _ahead: Work | None = None
    """The start of an engine that the next run is to have."""

    def __init__(self, folder: Path, sandbox: Path = Path("/.flatpak-info"), keep: float = 0) -> None:
        """Reads the settings.

        Args:
            folder: the plug-in's.
            sandbox: a file that exists inside Flatpak alone, out of which the engine is then started.
            keep: seconds for which the engine waits for a further run, and then ends; it never outlives the
                editor's process.
        """
        path = folder / SETTINGS
        self._keep = keep
        self._keeping = threading.Lock()
        self._kept: tuple[Client, list[str], threading.Timer] | None = None
        self._warnings: list[str] = []
        self._sandboxed = sandbox.exists()
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
            outside = _OUT_OF_FLATPAK if self._sandboxed else ()
            self._command: list[str] = [*outside, *settings["command"], "-m", "unfade"]
            self._allow_flatpak: str = settings["allow_flatpak"]
            self.repeat: dict[str, str] = settings["repeat"]
            self.filters = tuple(_filter(record) for record in settings["filters"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EngineError(f"{path} cannot be read: install Unfade's plug-in again.", "start") from error

    def filter(self, name: str) -> Filter:
        """The filter of that name. Raises EngineError where there is none."""
        found = next((filter for filter in self.filters if filter.name == name), None)
        if found is None:
            raise EngineError(f"This plug-in has no filter {name}: install it again.", "usage")
        return found

    def engine(self) -> Client:
        """The engine for filters without a window: the one that was kept, or a new one."""
        kept = self._take()
        return self._start("serve") if kept is None else kept

    def _take(self) -> Client | None:
        """The engine that was kept, if it is still of use."""
        with self._keeping:
            kept, self._kept = self._kept, None
        if kept is None:
            return None
        engine, command, timer = kept
        timer.cancel()
        if engine.alive and command == self._command:
            return engine
        engine.close()
        return None

    def _put_away(self, engine: Client) -> None:
        """Ends the engine, or keeps it for a while."""
        if not self._keep or not engine.alive:
            engine.close()
            return
        timer = threading.Timer(self._keep, self._end_kept, [engine])
        timer.daemon = True
        with self._keeping:
            older, self._kept = self._kept, (engine, self._command, timer)
        timer.start()
        if older is not None:
            older[0].close()

    def _end_kept(self, engine: Client) -> None:
        with self._keeping:
            if self._kept is None or self._kept[0] is not engine:
                return  # it was taken in the last moment
            self._kept = None
        engine.close()

    def ask(
        self,
        filter: str,
        options: Mapping[str, Any],
        pixels: Pixels,
        title: str,
        on_fraction: OnFraction,
        selected: tuple[tuple[int, int, int, int], bytes] | None = None,
        parent: int | None = None,
    ) -> tuple[Result, list[Step]]:
        """What the user made of the pixels in the preview window, and by which steps.

        ``selected`` is a region (y, x, height, width) and how far its pixels are selected, a byte each: where
        the steps keep the size, the result is of that region. ``parent`` is the number of the editor's
        window, as the system counts them.

        Raises EngineError of the kind "cancelled" when the window is closed without a result.
        """
        above = () if parent is None else ("--parent", str(parent))
        window = self._start("preview", "--host", *above, window=True)
        try:
            result = window.apply(
                filter,
                options,
                *pixels.arguments,
                title=title,
                icc=pixels.icc,
                region=None if selected is None else selected[0],
                selection=None if selected is None else selected[1],
                on_progress=_fractions(on_fraction),
            )
        finally:  # its process takes a while to end, and has nothing more to say
            threading.Thread(target=window.close, name="unfade-close").start()
        return result, read_steps(result.recipe) if result.recipe else [Step(filter, options)]

    def _start(self, *words: str, window: bool = False) -> Client:
        try:
            return Client([*self._command, *words], window=window)
        except EngineError as error:
            if error.kind != "start" or not self._sandboxed:
                raise
            allow = f"Flatpak must be allowed to start it, type once in a terminal: {self._allow_flatpak}"
            raise EngineError(f"{error} {allow}", error.kind, error.details) from error

    @contextlib.contextmanager
    def ahead(self, wanted: bool = True) -> Iterator[None]:
        """The first run within it finds an engine that has been starting since, for instance while an editor
        gave its pixels. Without a run there, it ends; unless it is ``wanted`` it never begins."""
        self._ahead = self._starting() if wanted else None
        try:
            yield
        finally:
            unused, self._ahead = self._ahead, None
            if unused is not None:
                with contextlib.suppress(EngineError):
                    self._put_away(unused.result())

    def _starting(self) -> Work:
        starting = Work(lambda _: self.engine())
        starting.start()
        return starting

    @contextlib.contextmanager
    def engine_and(self, pixels: Pixels) -> Iterator[tuple[Client, Pixels]]:
        """The engine, and the pixels, which are taken from the editor while it starts."""
        starting, self._ahead = self._ahead or self._starting(), None
        with contextlib.ExitStack() as stack:
            try:
                pixels = pixels.taken()
            finally:
                engine = starting.result()
                stack.callback(self._put_away, engine)
            yield engine, pixels

    def run(
        self,
        steps: Sequence[Step],
        pixels: Pixels,
        on_fraction: OnFraction,
        region: tuple[int, int, int, int] | None = None,
    ) -> Result:
        """The pixels after all steps, by an engine that nobody else uses meanwhile; see :func:`run`."""
        with self.engine_and(pixels) as (engine, pixels):
            result = run(engine, steps, pixels, on_fraction, region)
        self._warnings.extend(result.warnings)
        return result

    def run_all(
        self, steps: Sequence[Step], pictures: Sequence[Pixels], on_fraction: OnFraction
    ) -> list[Result]:
        """:meth:`run` for several pictures, by one engine and with one progress."""
        results: list[Result] = []

        def show(fraction: float | None) -> Any:
            return on_fraction(None if fraction is None else (len(results) + fraction) / len(pictures))

        with self.engine_and(pictures[0]) as (engine, first):
            for pixels in (first, *pictures[1:]):
                results.append(run(engine, steps, pixels, show))
        self._warnings.extend(sentence for result in results for sentence in result.warnings)
        return results

    def told(self) -> str:
        """What was asked for and not done, in the runs since it was told last; "" for nothing. The window
        says it itself."""
        sentences, self._warnings = dict.fromkeys(self._warnings), []
        return " ".join(sentences)

    def factor(self, steps: Sequence[Step]) -> float:
        """How many times as large the steps make a picture."""
        product = 1.0
        for step in steps:
            for option in self.filter(step.filter).options:
                if option.name == "scale":
                    product *= float(step.options.get("scale", option.default))
        return product


def run(
    engine: Client,
    steps: Sequence[Step],
    pixels: Pixels,
    on_fraction: OnFraction,
    region: tuple[int, int, int, int] | None = None,
) -> Result:
    """The pixels after all steps; with a ``region`` (y, x, height, width) only that part of them."""
    arguments = (None, None, *pixels.arguments)
    return engine.apply(
        *arguments,
        recipe=_recipe(steps),
        region=region,
        icc=pixels.icc,
        on_progress=_fractions(on_fraction),
    )


class Work(threading.Thread):
    """A job that only talks to the engine, in a thread, so that the editor's window lives meanwhile.

    Attributes:
        fraction: what is done, 0 to 1; None before that is known.
        cancelled: set it, and the job stops.
    """

    def __init__(self, job: Callable[[OnFraction], Any]) -> None:
        super().__init__(name="unfade", daemon=True)
        self.fraction: float | None = None
        self.cancelled = False
        self._job = job
        self._result: Any = None
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._result = self._job(self._show)
        except Exception as error:
            self._error = error

    def result(self) -> Any:
        """Waits for the job's end and gives its result, or raises what it raised."""
        self.join()
        if self._error is not None:
            raise self._error
        return self._result

    def _show(self, fraction: float | None) -> bool:
        self.fraction = fraction
        return not self.cancelled


class Pace:
    """How far a run is between two tellings of it, and how long it will still take."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: tuple[float, float] | None = None
        self._told = (0.0, 0.0)  # when, and what
        self._step = 0.0
        self._rate = 0.0

    def at(self, fraction: float) -> tuple[float, str]:
        """What is done now, where ``fraction`` was told last, and the time left in words; "" before that is
        known."""
        now = self._clock()
        if self._begun is None:
            self._begun = self._told = (now, fraction)
        if fraction > self._told[1]:
            self._step = fraction - self._told[1]
            self._told = (now, fraction)
            self._rate = (fraction - self._begun[1]) / max(now - self._begun[0], 1e-3)
        # Not to the end of the next step, which may take longer than the last one.
        done = min(1.0, fraction + min(self._rate * (now - self._told[0]), 0.9 * self._step))
        if not self._rate or now - self._begun[0] < 1:
            return done, ""
        return done, time_left((1 - done) / self._rate)


def time_left(seconds: float) -> str:
    """As the window says it."""
    if seconds < 60:
        return "less than a minute left"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"about {hours} h {minutes} min left" if hours else f"about {minutes} min left"


def said_in(texts: Mapping[str, str], wanted: Iterable[str]) -> str:
    """A text in the first language that a person reads and that it is there in, else in English.

    Args:
        texts: by language: "en", and others such as "de" and "zh_CN".
        wanted: languages as systems name them, the one liked best first: "de_AT.UTF-8", "de-AT", "de".
    """
    for name in wanted:
        name = name.partition(".")[0].replace("-", "_")
        if text := texts.get(name) or texts.get(name.partition("_")[0]):
            return text
    return texts["en"]


def unforeseen(error: Exception) -> str:
    """The sentence for a failure of the plug-in itself; nobody would see a traceback."""
    return f"Unfade's plug-in failed in a way it did not foresee ({type(error).__name__}: {error})."


def fingerprint(stripes: Iterable[Any]) -> int:
    """A number by which pixels are known again."""
    number = 0
    for stripe in stripes:
        number = zlib.crc32(stripe, number)
    return number


def rows_of(row: int, tile: int) -> int:
    """Rows of a stripe, of so many bytes each: a tile of the editor's that lies in two stripes would be
    fetched, and sent, twice."""
    return max(1, STRIPE // (row * tile)) * tile


def stripes_of(samples: Any, height: int, tile: int) -> list[memoryview]:
    """A picture's bytes in stripes of :func:`rows_of` so many rows."""
    view, row = memoryview(samples), len(samples) // height
    size = rows_of(row, tile) * row
    return [view[start : start + size] for start in range(0, len(view), size)]


def is_opaque(samples: Any, channels: int, depth: str, *, holes: bool) -> bool:
    """Whether no pixel is half transparent, alpha being the last of the channels; of bytes, or their kind.

    With ``holes`` pixels may be transparent altogether.
    """
    view, pixel = memoryview(samples), channels * SAMPLE_BYTES[depth]
    size = STRIPE // pixel * pixel
    parts = (bytes(view[start : start + size]) for start in range(0, len(view), size))
    return all(_is_opaque(part, channels, depth, holes) for part in parts)


def _is_opaque(data: bytes, channels: int, depth: str, holes: bool) -> bool:
    if depth == "u8":
        alpha = data[channels - 1 :: channels]
        return alpha.count(0) * holes + alpha.count(255) == len(alpha)
    samples = array(_CODES[depth], data)[channels - 1 :: channels]
    full = 65535 if depth == "u16" else 1.0
    opaque = array(samples.typecode, [full]) * len(samples)
    # The first takes a tenth of the time.
    return samples == opaque or (holes and set(samples) <= {0, full})


def bounds_of(mask: bytes, width: int) -> tuple[int, int, int, int]:
    """(y, x, height, width) of what is selected. Raises EngineError for nothing."""
    rows = [mask[i : i + width] for i in range(0, len(mask), max(width, 1))]
    used = [y for y, row in enumerate(rows) if row.count(0) < len(row)]
    if not used:
        raise EngineError("The selection and the layer have no pixel in common.", "usage")
    left = min(len(rows[y]) - len(rows[y].lstrip(b"\0")) for y in used)
    right = max(len(row.rstrip(b"\0")) for row in rows)
    return used[0], left, used[-1] + 1 - used[0], right - left


def blended(before: bytes, after: bytes, mask: bytes, channels: int, depth: str) -> bytes:
    """Pixels before and after as one: ``mask`` has a byte for each, 255 where it is selected wholly."""
    code = _CODES[depth]
    out: array[Any] = array(code, before)
    other: array[Any] = array(code, after)
    for run in re.finditer(rb"\xff+|[\x01-\xfe]+", mask, re.DOTALL):
        start, end, shares = run.start() * channels, run.end() * channels, run[0]
        if shares[0] == 255:
            out[start:end] = other[start:end]
            continue
        for first in range(start, start + channels):  # by planes: two and a half times as fast as by samples
            plane = slice(first, end, channels)
            three = zip(out[plane], other[plane], shares)  # noqa: B905 - Python 3.9
            if code == "f":
                mixed: list[float] = [a * (1 - s / 255) + b * (s / 255) for a, b, s in three]
            else:
                mixed = [(a * (255 - s) + b * s + 127) // 255 for a, b, s in three]
            out[plane] = array(code, mixed)
    return out.tobytes()


def read_steps(recipe: Any) -> list[Step]:
    """The steps of a recipe's JSON object."""
    return [Step(step["filter"], step.get("options", {})) for step in recipe["steps"]]


def write_last(steps: Sequence[Step], whole_picture: bool) -> str:
    """What "Repeat last" is to do, as text that the editor keeps."""
    return json.dumps({**_recipe(steps), "whole_picture": whole_picture})


def read_last(text: str) -> tuple[list[Step], bool]:
    """What :func:`write_last` wrote."""
    try:
        last = json.loads(text)
        return read_steps(last), bool(last["whole_picture"])
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            "There is nothing to repeat yet: choose one of Unfade's filters first.", "usage"
        ) from error


def _recipe(steps: Sequence[Step]) -> dict[str, Any]:
    return {"steps": [{"filter": step.filter, "options": dict(step.options)} for step in steps]}


def _fractions(on_fraction: OnFraction) -> Callable[[float, int], Any]:
    return lambda done, total: on_fraction(done / total if total else None)


def _filter(record: Mapping[str, Any]) -> Filter:
    options = [
        Option(**{name: option[name] for name in Option.__dataclass_fields__}) for option in record["options"]
    ]
    own = {name: record[name] for name in Filter.__dataclass_fields__ if name != "options"}
    return Filter(**own, options=tuple(options))
