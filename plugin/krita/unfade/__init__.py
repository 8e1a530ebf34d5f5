"""Unfade's filters in Krita: Tools > Scripts > Unfade.

A thin adapter: the pixels go to Unfade's engine, a process of its own, through unfade_client.py. Krita lets
scripts undo only the adding and removing of layers and the scaling of the picture, so a result is a new layer
above the old one, which Ctrl+Z takes away. Nothing is touched before the engine has answered. For Krita 5
and 6 (PyQt5, PyQt6) and Python 3.9 to 3.14.
"""

from __future__ import annotations

import re
import sys
import threading
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from krita import Document, Extension, Krita, Node

try:
    from PyQt6.QtCore import Qt, QTimer
    from PyQt6.QtWidgets import QMenu, QMessageBox, QProgressDialog
except ImportError:
    from PyQt5.QtCore import Qt, QTimer
    from PyQt5.QtWidgets import QMenu, QMessageBox, QProgressDialog

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER))  # for the two modules that both editors' plug-ins have

import unfade_editor  # noqa: E402
from unfade_client import EngineError, Result  # noqa: E402
from unfade_editor import Pixels, Step, Unfade  # noqa: E402

TITLE = "Unfade"
MENU = "tools/scripts"
CODES = {"u8": "B", "u16": "H", "float32": "f"}  # of Python's arrays
STRIPE = 1 << 24  # bytes that are taken from Krita at once
UNFADE = Unfade(FOLDER)


class UnfadeExtension(Extension):
    """The menu."""

    def setup(self) -> None:
        """Nothing; Krita wants it."""

    def createActions(self, window: Any) -> None:
        """One entry for each filter of the installed Unfade, and the one that repeats."""
        parent = window.createAction("unfade", TITLE, MENU)
        parent.setMenu(QMenu("unfade", window.qwindow()))
        for filter in UNFADE.filters:
            action = window.createAction(f"unfade_{filter.name}", f"{filter.title}...", f"{MENU}/unfade")
            action.setToolTip(filter.summary)
            action.triggered.connect(lambda _checked=False, name=filter.name: run(name))
        repeat = window.createAction("unfade_repeat", "Repeat last", f"{MENU}/unfade")
        repeat.triggered.connect(lambda _checked=False: run(None))


def say_actions(*_arguments: Any) -> None:
    """What `unfade install` asks, through kritarunner."""
    names = [*(filter.name for filter in UNFADE.filters), "repeat"]
    print("unfade sees " + " ".join(f"unfade_{name}" for name in names), flush=True)  # noqa: T201


def run(filter: str | None) -> None:
    """What an entry does; None repeats. An exception would open Krita's own box, with a traceback in it."""
    try:
        work(filter)
    except EngineError as error:
        if error.kind != "cancelled":
            complain(str(error))
    except Exception as error:
        complain(f"Unfade's plug-in failed in a way it did not foresee ({type(error).__name__}: {error}).")


def complain(sentence: str) -> None:
    """Krita's message box."""
    QMessageBox.warning(main_window(), TITLE, sentence)


def main_window() -> Any:
    """The parent of dialogs."""
    window = Krita.instance().activeWindow()
    return window.qwindow() if window is not None else None


def work(filter: str | None) -> None:
    """One run of one entry on the active layer."""
    document = Krita.instance().activeDocument()
    if document is None:
        raise EngineError("There is no picture open.", "usage")
    node = document.activeNode()
    layer = Layer.of(node)
    if filter is None:
        steps, whole = unfade_editor.read_last(Krita.instance().readSetting("unfade", "last", ""))
        result = None
    else:
        pixels = layer.read()
        name = node.name()
        result, steps = wait(
            "The preview window is open.", lambda show: UNFADE.ask(filter, {}, pixels, name, show)
        )
        whole = True
        if UNFADE.factor(steps) != 1 and not is_alone(document, layer):
            whole = ask_whole()
    title = " + ".join(UNFADE.filter(step.filter).title for step in steps)
    if UNFADE.factor(steps) == 1:
        restore(document, layer, steps, result, title)
    else:
        enlarge(document, layer, steps, result, whole, title)
    document.refreshProjection()
    Krita.instance().writeSetting("unfade", "last", unfade_editor.write_last(steps, whole))


@dataclass(frozen=True)
class Space:
    """A colour space by Krita's names for it."""

    model: str
    depth: str
    profile: str


@dataclass(frozen=True)
class Layer:
    """A paint layer with pixels: where they are, and how they travel."""

    node: Node
    x: int
    y: int
    width: int
    height: int
    space: Space

    @classmethod
    def of(cls, node: Node | None) -> Layer:
        """Raises EngineError for what cannot be filtered."""
        if node is None:
            raise EngineError("No layer is selected: select one.", "usage")
        name, bounds = node.name(), node.bounds()
        if node.type() == "grouplayer":
            problem = f"The group {name} has no pixels of its own: select a layer inside it."
        elif node.type() != "paintlayer":
            problem = f"{name} is not a paint layer: select one, or convert it (Layer > Convert)."
        elif is_locked(node):
            problem = f"The layer {name} is locked: unlock it first."
        elif bounds.isEmpty():
            problem = f"The layer {name} is empty: select another."
        else:
            space = Space(node.colorModel(), node.colorDepth(), node.colorProfile())
            return cls(node, bounds.x(), bounds.y(), bounds.width(), bounds.height(), space)
        raise EngineError(problem, "usage")

    @property
    def wire(self) -> Space:
        """8 and 16 bits travel as they are, with the picture's own profile; all else as sRGB floats."""
        if self.space.model in ("RGBA", "GRAYA") and self.space.depth in ("U8", "U16"):
            return self.space
        return Space("RGBA", "F32", "sRGB-elle-V2-srgbtrc.icc")

    def read(self) -> Pixels:
        """All of the layer, also what lies outside the selection: the networks look around."""
        data = read_pixels(self.node, self.x, self.y, self.width, self.height)
        wire = self.wire
        samples = swapped(converted(data, self.width, self.height, self.space, wire), wire)
        depth = {"U8": "u8", "U16": "u16", "F32": "float32"}[wire.depth]
        return Pixels(self.width, self.height, 2 if wire.model == "GRAYA" else 4, depth, samples)

    def add_result(self, samples: array[Any], x: int, y: int, width: int, height: int, title: str) -> None:
        """A new layer above this one: one undo step.

        Where the layer is half transparent the new one would not hide it, so it is removed: another step.
        """
        data = converted(bytes(swapped(samples, self.wire)), width, height, self.wire, self.space)
        new = self.node.duplicate()  # with its masks, blending mode and opacity
        new.setName(f"{self.node.name()} ({title})")
        old = new.bounds()
        if not old.isEmpty():
            size = len(data) // (width * height) * old.width() * old.height()
            new.setPixelData(bytes(size), old.x(), old.y(), old.width(), old.height())
        new.setPixelData(data, x, y, width, height)
        self.node.parentNode().addChildNode(new, self.node)
        channels = 2 if self.wire.model == "GRAYA" else 4
        opaque = {"B": 255, "H": 65535}.get(samples.typecode, 1.0)
        if not set(samples[channels - 1 :: channels]) <= {0, opaque}:
            self.node.remove()


def read_pixels(node: Node, x: int, y: int, width: int, height: int) -> bytes:
    """In stripes, so that no copy of a large layer is made twice at once."""
    rows = max(1, STRIPE // (16 * width))
    return b"".join(
        bytes(node.pixelData(x, y + row, width, min(rows, height - row))) for row in range(0, height, rows)
    )


def swapped(data: Any, space: Space) -> array[Any]:
    """Krita keeps integers as BGRA and floats as RGBA; the engine takes RGBA. The same way back."""
    samples = array({"U8": "B", "U16": "H", "F32": "f"}[space.depth], bytes(data))
    if space.model == "RGBA" and space.depth in ("U8", "U16"):
        samples[0::4], samples[2::4] = samples[2::4], samples[0::4]
    return samples


def converted(data: bytes, width: int, height: int, source: Space, target: Space) -> bytes:
    """Pixels in another colour space, by Krita itself in a document that nobody sees."""
    if source == target:
        return data
    document = Krita.instance().createDocument(
        width, height, TITLE, source.model, source.depth, source.profile, 72.0
    )
    try:
        node = document.createNode(TITLE, "paintlayer")
        document.rootNode().addChildNode(node, None)
        node.setPixelData(data, 0, 0, width, height)
        document.setColorSpace(target.model, target.depth, target.profile)
        document.waitForDone()
        return read_pixels(node, 0, 0, width, height)
    finally:
        document.close()


def is_locked(node: Node) -> bool:
    """Whether it, or a group around it, is locked."""
    while node is not None:
        if node.locked():
            return True
        node = node.parentNode()
    return False


def is_alone(document: Document, layer: Layer) -> bool:
    """Whether the layer is the picture, so that there is nothing to choose."""
    fills = (layer.width, layer.height) == (document.width(), document.height())
    return fills and [node.type() for node in document.topLevelNodes() if "mask" not in node.type()] == [
        "paintlayer"
    ]


def ask_whole() -> bool:
    """Lets the user choose between the picture and the layer."""
    role = getattr(QMessageBox, "ButtonRole", QMessageBox)
    box = QMessageBox(main_window())
    box.setWindowTitle(TITLE)
    box.setText("What shall become larger?")
    picture = box.addButton("The whole picture", role.AcceptRole)
    layer = box.addButton("Only the layer", role.AcceptRole)
    box.addButton("Cancel", role.RejectRole)
    box.exec()
    if box.clickedButton() not in (picture, layer):
        raise EngineError("The filter was stopped.", "cancelled")
    return bool(box.clickedButton() == picture)


def wait(label: str, job: Callable[[Callable[[float | None], bool]], Any]) -> Any:
    """Runs a job that only talks to the engine in a thread, under a progress dialog with a Cancel button."""
    state: dict[str, Any] = {"fraction": None, "cancelled": False}

    def show(fraction: float | None) -> bool:
        state["fraction"] = fraction
        return not state["cancelled"]

    def target() -> None:
        try:
            state["result"] = job(show)
        except Exception as error:
            state["error"] = error

    dialog = QProgressDialog(label, "Cancel", 0, 0, main_window())
    dialog.setWindowTitle(TITLE)
    dialog.setWindowModality(getattr(Qt, "WindowModality", Qt).ApplicationModal)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    thread = threading.Thread(target=target, name="unfade", daemon=True)

    def look() -> None:
        if not thread.is_alive():
            dialog.done(0)
        elif state["fraction"] is not None:
            dialog.setMaximum(1000)
            dialog.setValue(round(1000 * state["fraction"]))

    timer = QTimer(dialog)
    timer.timeout.connect(look)
    timer.start(50)
    thread.start()
    dialog.exec()
    state["cancelled"] = thread.is_alive()
    thread.join()
    timer.stop()
    dialog.deleteLater()
    if "error" in state:
        raise state["error"]
    return state["result"]


def restore(
    document: Document, layer: Layer, steps: Sequence[Step], result: Result | None, title: str
) -> None:
    """Filters that keep the size; the selection limits them, and blends where it is feathered."""
    before = layer.read()
    selection = document.selection()
    mask, region = None, None
    if selection is not None:
        mask = bytes(selection.pixelData(layer.x, layer.y, layer.width, layer.height))
        region = bounds_of(mask, layer.width)
    if result is None:
        result = wait(title, lambda show: run_engine(steps, before, show, region))
    if result.channels != before.channels:
        raise EngineError("A gray picture cannot take colours: make it RGB (Image > Convert).", "usage")
    after = array(CODES[result.depth], bytes(result.pixels))
    if mask is not None:
        x, y = (result.region[1], result.region[0]) if result.region else (0, 0)
        after = blended(before, after, mask, (x, y, result.width, result.height))
    layer.add_result(after, layer.x, layer.y, layer.width, layer.height, title)


def run_engine(
    steps: Sequence[Step],
    pixels: Pixels,
    show: Callable[..., Any],
    region: tuple[int, int, int, int] | None = None,
) -> Result:
    """Filters without a window; called in a thread."""
    with UNFADE.engine() as engine:
        return unfade_editor.run(engine, steps, pixels, show, region)


def bounds_of(mask: bytes, width: int) -> tuple[int, int, int, int]:
    """(y, x, height, width) of what is selected. Raises EngineError for nothing."""
    rows = [mask[i : i + width] for i in range(0, len(mask), width)]
    used = [y for y, row in enumerate(rows) if any(row)]
    if not used:
        raise EngineError("The selection and the layer have no pixel in common.", "usage")
    left = min(len(row) - len(row.lstrip(b"\0")) for row in rows if any(row))
    right = max(len(row.rstrip(b"\0")) for row in rows)
    return used[0], left, used[-1] + 1 - used[0], right - left


def blended(before: Pixels, after: array[Any], mask: bytes, part: tuple[int, int, int, int]) -> array[Any]:
    """The pixels before, with those of a part (x, y, width, height) after, as far as they are selected."""
    out, channels = array(after.typecode, bytes(before.data)), before.channels
    left, top, width, height = part
    whole = after.typecode != "f"
    for row in range(height):
        start = (top + row) * before.width + left
        shares = mask[start : start + width]
        for run in re.finditer(rb"\xff+|[\x01-\xfe]+", shares, re.DOTALL):
            to, source = (start + run.start()) * channels, (row * width + run.start()) * channels
            count = (run.end() - run.start()) * channels
            if shares[run.start()] == 255:
                out[to : to + count] = after[source : source + count]
                continue
            for i in range(count):
                share = shares[run.start() + i // channels] / 255
                value = out[to + i] * (1 - share) + after[source + i] * share
                out[to + i] = round(value) if whole else value
    return out


def enlarge(
    document: Document, layer: Layer, steps: Sequence[Step], result: Result | None, whole: bool, title: str
) -> None:
    """Filters that make the picture, or only the layer, larger; whatever is selected."""
    layers = [Layer.of(node) for node in paint_layers(document.topLevelNodes())] if whole else [layer]
    results = []
    for each in layers:
        if result is not None and each.node == layer.node:
            results.append(result)
        else:
            pixels = each.read()
            results.append(wait(each.node.name(), lambda show, p=pixels: run_engine(steps, p, show)))
    factor = UNFADE.factor(steps)
    if whole:
        width, height = (int(side * factor + 0.5) for side in (document.width(), document.height()))
        resolution = int(document.resolution())
        document.scaleImage(width, height, resolution, resolution, "Bicubic")
        document.waitForDone()
    for each, found in zip(layers, results):
        x, y = round(each.x * factor), round(each.y * factor)
        if not whole:
            x, y = each.x - (found.width - each.width) // 2, each.y - (found.height - each.height) // 2
        samples = array(CODES[found.depth], bytes(found.pixels))
        each.add_result(samples, x, y, found.width, found.height, title)


def paint_layers(nodes: Sequence[Node]) -> Iterator[Node]:
    """All paint layers that are not empty, also those in groups; Krita scales the other kinds itself."""
    for node in nodes:
        if node.type() == "grouplayer":
            yield from paint_layers(node.childNodes())
        elif node.type() == "paintlayer" and not node.bounds().isEmpty():
            yield node


Krita.instance().addExtension(UnfadeExtension(Krita.instance()))
