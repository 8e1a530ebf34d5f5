"""How the window feels: how soon a preview is seen, how long the event loop is away, how long painting takes.

A real window with a real engine process, on a screen that is none (or under xvfb-run, with
QT_QPA_PLATFORM=xcb). The picture is the example photograph, enlarged by resampling and saved as a JPEG file.
Times are wall-clock; on a machine that does other things they are those of the other things too.

    python bench/window.py first                     # from opening to the first preview of a 512 x 512 view
    python bench/window.py gaps                      # the loop's longest gaps while 12 megapixels run
    python bench/window.py gaps --task upscale --explain
    python bench/window.py paint --megapixels 100    # one painting, fitted and at 1:1, while moved about
    python bench/window.py many --count 100          # what window and engine hold after so many (Linux)
    python bench/window.py kills --count 20          # SIGKILL of the engine at random moments of a preview
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from bench.endurance import held
from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtWidgets import QApplication
from tests.models import cleaning_model

from unfade.filters import all_filters
from unfade.picture import Kernel, Picture, from_float, read_picture, resize, to_float, write_picture
from unfade.ui.canvas.frame import FADE
from unfade.ui.canvas.scene import Viewport
from unfade.ui.finishing import Finished
from unfade.ui.link import EngineLink
from unfade.ui.preview.tiles import places_in
from unfade.ui.saving import SaveChoice
from unfade.ui.settings import Settings
from unfade.ui.theme import apply_theme
from unfade.ui.window import Window

EXAMPLE = Path(__file__).parents[1] / "examples" / "shepherd.webp"
VIEW = 512
PATIENCE = 300.0
SOON = 120.0
_BEAT = 2  # milliseconds between heartbeats
_LONG = 0.04  # seconds without one after which --explain looks what the loop is at


class Stage:
    """The application, a folder for pictures, and a window with its engine."""

    def __init__(self, folder: Path) -> None:
        self.app = QApplication([])
        self.folder = folder
        self.settings = Settings(folder / "window.ini")
        apply_theme(self.app, self.settings)
        self.window: Window

    def open_window(self) -> None:
        """A window whose engine is being started."""
        link = EngineLink()
        self.window = Window(self.settings, link)
        self.window.resize(1280, 820)
        self.listed = False
        link.listed.connect(lambda _listing: setattr(self, "listed", True))
        link.start()
        self.window.show()

    def wait(self, ready: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Runs the event loop until something is so; False where that takes too long."""
        end = time.perf_counter() + patience
        while not ready():
            if time.perf_counter() > end:
                return False
            self.app.processEvents()
            time.sleep(0.0005)
        return True

    def open(self, path: Path) -> None:
        """Opens a picture and waits until it is there."""
        before = self.window.document.picture
        self.window.opener.open_file(path)
        self.wait(lambda: self.window.document.picture is not before)

    def close(self) -> None:
        self.window.close()


def photograph(path: Path, megapixels: float) -> Path:
    """The example, resampled to so many megapixels, 4:3, as a JPEG file."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    small = read_picture(EXAMPLE)
    large = resize(to_float(small.colour), (height, height * 4 // 3), Kernel.BICUBIC)
    write_picture(Picture(from_float(large, small.pixels.dtype)), path, quality=90)
    return path


# From opening to the first preview


class Seen(QObject):
    """Notes when a painting shows the result in the view, and when it shows all of the view."""

    def __init__(self, window: Window) -> None:
        super().__init__()
        self._window = window
        self.first = self.all = 0.0
        window.canvas.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 -- Qt's name
        viewport, preview = self._window.canvas.viewport, self._window.preview
        if event is not None and event.type() == QEvent.Type.Paint and viewport is not None:
            tiles = [preview.results.image(place) for place in places_in(viewport.visible, viewport.extent)]
            now = time.perf_counter()
            # A tile is called seen when it is half faded in.
            seen = [tile is not None and time.monotonic() - tile.born >= FADE / 2 for tile in tiles]
            self.first = self.first or (now if any(seen) else 0.0)
            self.all = self.all or (now if all(seen) else 0.0)
        return False


def first(stage: Stage, rounds: int) -> None:
    """Opens pictures one after the other, each at 1:1 of its own pixels in a canvas of 512 x 512."""
    paths = [photograph(stage.folder / f"{n}.jpg", 12) for n in range(2)]
    sys.stdout.write("| from opening a picture of 12 megapixels | first tile | whole view |\n|---|---|---|\n")
    begun = time.perf_counter()
    stage.open_window()
    show_one(stage, paths[0], begun, "window and engine being started")
    stage.close()
    stage.open_window()
    stage.wait(lambda: stage.listed)
    show_one(stage, paths[0], time.perf_counter(), "cold: the engine's first picture")
    for number in range(rounds):
        show_one(stage, paths[1 - number % 2], time.perf_counter(), "warm: another picture")
    stage.close()


def show_one(stage: Stage, path: Path, begun: float, what: str) -> None:
    window, canvas = stage.window, stage.window.canvas
    canvas.setFixedSize(VIEW, VIEW)
    window.command("view_result").setChecked(True)
    stage.open(path)
    assert canvas.viewport is not None
    extent = canvas.viewport.extent
    middle = (extent.width / 2, extent.height / 2)
    canvas.set_viewport(Viewport(extent, canvas.viewport.size, 1.0, middle))
    seen = Seen(window)
    stage.wait(lambda: bool(seen.all))
    canvas.removeEventFilter(seen)
    sys.stdout.write(f"| {what} | {seen.first - begun:.3f} | {seen.all - begun:.3f} |\n")
    sys.stdout.flush()


# The event loop's gaps


class Heart(QObject):
    """Beats as often as the event loop lets it, and keeps the longest gaps."""

    def __init__(self, explain: bool) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self.last = time.perf_counter()
        self.seen: collections.Counter[str] = collections.Counter()
        self._main = threading.get_ident()
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self._beat)
        timer.start(_BEAT)
        self._stopped = threading.Event()
        if explain:
            threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self.last)
        self.last = now

    def _watch(self) -> None:
        while not self._stopped.wait(0.005):
            if time.perf_counter() - self.last > _LONG:
                stack = traceback.extract_stack(sys._current_frames()[self._main])
                own = [frame for frame in stack if "unfade" in frame.filename or "numpy" in frame.filename]
                self.seen[" > ".join(f"{Path(f.filename).stem}.{f.name}:{f.lineno}" for f in own[-5:])] += 1


@contextmanager
def heartbeat(explain: bool, what: str) -> Iterator[None]:
    heart, begun = Heart(explain), time.perf_counter()
    yield
    heart.stop()
    heart.deleteLater()
    worst = sorted(heart.gaps)[-3:][::-1]
    gaps = ", ".join(f"{1000 * gap:.0f}" for gap in worst)
    sys.stdout.write(f"| {what} | {time.perf_counter() - begun:.1f} | {gaps} |\n")
    sys.stdout.flush()
    for stack, count in heart.seen.most_common(12):
        sys.stdout.write(f"    {count:4d}  {stack}\n")


def gaps(stage: Stage, megapixels: float, tasks: list[str], seconds: float, explain: bool) -> None:
    """Opens the picture and previews all of it; then saves the result, from the preview where it is there."""
    path = photograph(stage.folder / "large.jpg", megapixels)
    stage.open_window()
    stage.wait(lambda: stage.listed)
    sys.stdout.write(
        f"| {megapixels:g} megapixels | seconds | longest gaps, in milliseconds |\n|---|---|---|\n"
    )
    for task in tasks:
        one_task(stage, path, task, seconds, explain)
    stage.close()


def one_task(stage: Stage, path: Path, task: str, seconds: float, explain: bool) -> None:
    window = stage.window
    assert window.queue is not None
    queue, target = window.queue, stage.folder / f"{task}.jpg"
    window.start_with([{"filter": task, "options": {}}])
    with heartbeat(explain, f"{task}: opened, and previewed whole"):
        stage.open(path)
        stage.wait(lambda: window.preview.plan is not None and window.preview.complete, seconds)
    with heartbeat(explain, f"{task}: moved about at 1:1"):
        window.command("zoom_actual").trigger()
        for step in range(60):
            assert window.canvas.viewport is not None
            window.canvas.set_viewport(window.canvas.viewport.moved(-23, -11 if step % 2 else 7))
            stage.wait(lambda: False, 0.02)
    with heartbeat(explain, f"{task}: saved"):
        window.finisher.save(SaveChoice(target, "jpeg"))
        stage.wait(lambda: not queue.queue.at_work, seconds)
        queue.stop()
        stage.wait(lambda: not queue.queue.at_work)
    window.close_picture()


# Painting


def paint(stage: Stage, megapixels: float, seconds: float) -> None:
    """Paints a picture all of whose tiles are there, while it is moved; a tiny model makes them."""
    path = photograph(stage.folder / "huge.jpg", megapixels)
    use_tiny_model(stage)
    window = stage.window
    stage.open(path)
    whole = stage.wait(lambda: window.preview.plan is not None and window.preview.complete, seconds)
    stage.wait(lambda: False, 1.0)
    sys.stdout.write(f"{megapixels:g} megapixels{'' if whole else ', not all tiles there'}\n\n")
    sys.stdout.write("| one painting, in milliseconds | least | median | most |\n|---|---|---|---|\n")
    for name, zoom in (("fitted", None), ("1:1", 1.0)):
        canvas = window.canvas
        assert canvas.viewport is not None
        canvas.zoom_fit()
        if zoom is not None:
            canvas.set_viewport(canvas.viewport.zoomed(zoom))
        stage.wait(lambda: False, 1.0)
        times = []
        for step in range(40):
            canvas.set_viewport(canvas.viewport.moved(-3 if step % 2 else 3, 2 if step % 2 else -2))
            begun = time.perf_counter()
            canvas.repaint()
            times.append(1000 * (time.perf_counter() - begun))
            stage.wait(lambda: False, 0.02)
        sys.stdout.write(
            f"| {name} | {min(times):.1f} | {statistics.median(times):.1f} | {max(times):.1f} |\n"
        )
        sys.stdout.flush()
    stage.close()


# Many pictures


def many(stage: Stage, count: int) -> None:
    """Opens pictures of changing sizes one after the other, each previewed whole by a tiny model."""
    use_tiny_model(stage)
    noise = np.random.default_rng(0)
    paths = []
    for number in range(10):
        height, width = (int(side) for side in noise.integers(100, 400, 2))
        path = stage.folder / f"{number}.{('png', 'jpg', 'tif', 'webp', 'bmp')[number % 5]}"
        write_picture(Picture(noise.integers(0, 256, (height, width, 3), np.uint8)), path)
        paths.append(path)
    window = stage.window
    sys.stdout.write("| pictures | window MiB | handles | threads | engine MiB |\n|---|---|---|---|---|\n")
    for number in range(1, count + 1):
        stage.open(paths[number % len(paths)])
        stage.wait(lambda: window.preview.plan is not None and window.preview.complete)
        if number in (20, 50) or number % 100 == 0:
            own = held("self")
            engine = max(held(child)["MiB"] for child in children())
            cells = (number, f"{own['MiB']:.0f}", own["handles"], own["threads"], f"{engine:.0f}")
            sys.stdout.write("| " + " | ".join(map(str, cells)) + " |\n")
            sys.stdout.flush()
    stage.close()


def kills(stage: Stage, count: int) -> None:
    """Kills the engine while it previews, and again where it was started anew in the meantime.

    Counts results that are not those of an undisturbed window, and pictures of which none came.
    """
    use_tiny_model(stage)
    window, moments = stage.window, random.Random(0)
    pixels = np.random.default_rng(0).integers(0, 256, (1500, 2000, 3), np.uint8)
    found = {"kills": 0, "in mid-preview": 0, "none came": 0, "other results": 0}
    expected, seconds, slowest = None, 0.0, 0.0
    for number in range(count + 1):
        path = stage.folder / f"{number}.png"  # a picture of another name is previewed anew
        write_picture(Picture(pixels), path)
        stage.open(path)
        started = time.perf_counter()
        if expected is not None:
            stage.wait(lambda: False, moments.uniform(0, seconds))
            found["in mid-preview"] += not window.preview.complete
            found["kills"] += 1
            assert window.link.pid is not None
            os.kill(window.link.pid, signal.SIGKILL)
            started = time.perf_counter()
        ended = stage.wait(lambda: window.preview.plan is not None and window.preview.complete, SOON)
        whole: list[Finished] = []
        if ended:
            window.whole.run(whole.append)
            ended = stage.wait(lambda: bool(whole), SOON)  # noqa: B023
        found["none came"] += not ended
        if expected is None:
            expected, seconds = whole[0].picture.pixels, time.perf_counter() - started
        elif ended:
            found["other results"] += not np.array_equal(whole[0].picture.pixels, expected)
            slowest = max(slowest, time.perf_counter() - started)
    cells = {**found, "slowest result, s": f"{slowest:.1f}", "undisturbed, s": f"{seconds:.1f}"}
    sys.stdout.write("| " + " | ".join(cells) + " |\n" + "|---" * len(cells) + "|\n")
    sys.stdout.write("| " + " | ".join(map(str, cells.values())) + " |\n")
    stage.close()


def children() -> set[str]:
    """The numbers of the processes that this one began."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {child for task in tasks for child in task.read_text().split()}


def use_tiny_model(stage: Stage) -> None:
    """Opens a window that previews De-artifact by a model that costs no time."""
    models = stage.folder / "models"
    models.mkdir()
    model = cleaning_model(models / "tiny.onnx")
    os.environ["UNFADE_MODELS"] = str(models)
    stage.open_window()
    stage.wait(lambda: stage.listed)
    stage.window.command("view_result").setChecked(True)
    stage.window.start_with([{"filter": "deartifact", "options": {"model": str(model)}}])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["first", "gaps", "paint", "many", "kills"])
    parser.add_argument("--rounds", type=int, default=5, help="first: how many warm openings")
    parser.add_argument("--count", type=int, default=100, help="many, kills: how many pictures")
    parser.add_argument("--megapixels", type=float, help="gaps: 12, paint: 100")
    parser.add_argument(
        "--task", action="append", choices=[filter.name for filter in all_filters()], help="gaps: all"
    )
    parser.add_argument("--seconds", type=float, default=PATIENCE, help="most for each preview")
    parser.add_argument("--explain", action="store_true", help="gaps: what the event loop was at")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unfade-bench-") as folder:
        stage = Stage(Path(folder))
        if arguments.what == "first":
            first(stage, arguments.rounds)
        elif arguments.what == "gaps":
            tasks = arguments.task or [filter.name for filter in all_filters()]
            gaps(stage, arguments.megapixels or 12, tasks, arguments.seconds, arguments.explain)
        elif arguments.what == "many":
            many(stage, arguments.count)
        elif arguments.what == "kills":
            kills(stage, arguments.count)
        else:
            paint(stage, arguments.megapixels or 100, arguments.seconds)


if __name__ == "__main__":
    main()
