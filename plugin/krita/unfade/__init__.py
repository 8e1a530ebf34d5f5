"""Unfade's filters in Krita: Tools > Scripts > Unfade.

A thin adapter: the pixels go to Unfade's engine, a process of its own, through unfade_client.py. Krita lets
scripts undo what adds, removes, scales and converts, each as a step of its own, but no writing of pixels. So
a result is a new layer above the old one, which Ctrl+Z takes away, and a second Ctrl+Z where the picture had
to be scaled or converted first. Nothing is touched before the engine has answered. For Krita 5 and 6 (PyQt5,
PyQt6) and Python 3.9 to 3.14.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from krita import Document, Extension, Krita, Node

try:
    from PyQt6.QtCore import QRect, Qt, QTimer
    from PyQt6.QtGui import QIcon, QImage
    from PyQt6.QtWidgets import QMenu, QMessageBox, QProgressDialog
except ImportError:
    from PyQt5.QtCore import QRect, Qt, QTimer
    from PyQt5.QtGui import QIcon, QImage
    from PyQt5.QtWidgets import QMenu, QMessageBox, QProgressDialog

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER))  # for the two modules that both editors' plug-ins have

import unfade_editor  # noqa: E402
from unfade_client import EngineError, Result  # noqa: E402
from unfade_editor import Pixels, Step, Unfade, rows_of, stripes_of  # noqa: E402

TITLE = "Unfade"
MENU = "tools/scripts"
CHANNELS = {"GRAYA": 2, "RGBA": 4}
DEPTHS = {"U8": "u8", "U16": "u16", "F32": "float32"}  # Krita's names, and the client's
TILE = 64  # rows of Krita's own tiles
SRGB = "sRGB-elle-V2-srgbtrc.icc"  # Krita's own
Stripes = Iterable[bytes]
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
    sentence = ""
    try:
        work(filter)
    except EngineError as error:
        sentence = "" if error.kind == "cancelled" else str(error)
    except Exception as error:
        sentence = f"Unfade's plug-in failed in a way it did not foresee ({type(error).__name__}: {error})."
    if sentence:
        QMessageBox.warning(main_window(), TITLE, sentence)


def main_window() -> Any:
    """The parent of dialogs."""
    return window.qwindow() if (window := Krita.instance().activeWindow()) else None


def work(filter: str | None) -> None:
    """One run of one entry on the active layer."""
    document = Krita.instance().activeDocument()
    if document is None:
        raise EngineError("There is no picture open.", "usage")
    node = document.activeNode()
    layer = Layer.of(node, filter is not None and UNFADE.filter(filter).gives_colour)
    if filter is None:
        steps, whole = unfade_editor.read_last(Krita.instance().readSetting("unfade", "last", ""))
        result = None
    else:
        asked = (filter, {}, layer.read(), node.name())
        result, steps = wait("The preview window is open.", lambda show: UNFADE.ask(*asked, show))
        whole = UNFADE.factor(steps) == 1 or is_alone(document, layer) or ask_whole()
    title = " + ".join(UNFADE.filter(step.filter).title for step in steps)
    coloured = any(UNFADE.filter(step.filter).gives_colour for step in steps)
    if coloured != layer.coloured:  # it was added in the window, or left out there
        layer, result = Layer.of(node, coloured), None
    if UNFADE.factor(steps) == 1:
        undo = restore(document, layer, steps, result, title)
    else:
        undo = enlarge(document, layer, steps, result, whole, title)
    if undo > 1:
        view = Krita.instance().activeWindow().activeView()
        view.showFloatingMessage(f"Unfade: press Ctrl+Z {undo} times to undo this.", QIcon(), 6000, 1)
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
    coloured: bool
    """Whether it is to get colours, so that the engine must know what colours its values are."""

    @classmethod
    def of(cls, node: Node | None, coloured: bool = False) -> Layer:
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
            return cls(node, bounds.x(), bounds.y(), bounds.width(), bounds.height(), space, coloured)
        raise EngineError(problem, "usage")

    @property
    def wire(self) -> Space:
        """8 and 16 bits travel as they are, with the picture's own profile; all else as sRGB floats."""
        plain = self.space.model in ("RGBA", "GRAYA") and self.space.depth in ("U8", "U16")
        if plain and (not self.coloured or (self.space.model, self.space.profile) == ("RGBA", SRGB)):
            return self.space
        return Space("RGBA", "F32", SRGB)

    def read(self) -> Pixels:
        """All of the layer, also what lies outside the selection: the networks look around."""
        wire, size = self.wire, (self.width, self.height)
        data = converted(read_pixels(self.node, self.x, self.y, *size), *size, self.space, wire)
        return Pixels(*size, CHANNELS[wire.model], DEPTHS[wire.depth], [swapped(each, wire) for each in data])

    def write(self, into: Node, samples: Any, x: int, y: int, width: int, height: int) -> None:
        """A result into a copy of the node that Krita does not show yet, in place of all that it has."""
        space = Space(into.colorModel(), into.colorDepth(), into.colorProfile())
        data = (swapped(stripe, self.wire) for stripe in stripes_of(samples, height, TILE))
        if not QRect(x, y, width, height).contains(old := into.bounds()):
            size = len(into.pixelData(0, 0, 1, 1)) * old.width() * old.height()
            into.setPixelData(bytes(size), *old.getRect())
        write_pixels(into, converted(data, width, height, self.wire, space), x, y, width)

    def add_result(self, samples: Any, x: int, y: int, width: int, height: int, title: str) -> int:
        """A new layer above this one; gives how many undo steps that is.

        Where the layer is half transparent the new one would not hide it. At the bottom it replaces all that
        is below by its blending mode; elsewhere the old one is removed, which is a second step.
        """
        hides = unfade_editor.is_opaque(samples, CHANNELS[self.wire.model], DEPTHS[self.wire.depth])
        new = self.node.duplicate()  # with its masks, blending mode and opacity
        new.setName(f"{self.node.name()} ({title})")
        self.write(new, samples, x, y, width, height)
        replaces = not hides and is_at_the_bottom(self.node)
        if replaces:
            new.setBlendingMode("copy")
        self.node.parentNode().addChildNode(new, self.node)
        if hides or replaces:
            return 1
        self.node.remove()
        return 2


def is_at_the_bottom(node: Node) -> bool:
    """Whether all that can be seen where the node is, up to itself, is the node."""
    siblings = node.parentNode().childNodes()
    below = siblings[: [each.uniqueId() for each in siblings].index(node.uniqueId())]
    plain = node.blendingMode() == "normal" and node.opacity() == 255 and not node.childNodes()
    return plain and not any(each.visible() and "mask" not in each.type() for each in below)


def read_pixels(node: Node, x: int, y: int, width: int, height: int) -> Stripes:
    """In stripes, so that no copy of a large layer is made at once."""
    step = rows_of(width * len(node.pixelData(x, y, 1, 1)), TILE)
    parts = [(y + row, min(step, height - row)) for row in range(0, height, step)]
    return [bytes(node.pixelData(x, top, width, rows)) for top, rows in parts]


def write_pixels(node: Node, stripes: Stripes, x: int, y: int, width: int) -> None:
    """The counterpart; each stripe is rows without gaps."""
    row = width * len(node.pixelData(x, y, 1, 1))
    for stripe in stripes:
        node.setPixelData(stripe, x, y, width, len(stripe) // row)
        y += len(stripe) // row


def swapped(data: Any, space: Space) -> bytes:
    """Krita keeps integers as BGRA and floats as RGBA; the engine takes RGBA. The same way back."""
    data = bytes(data)
    if space.model != "RGBA" or space.depth == "F32":
        return data
    formats = getattr(QImage, "Format", QImage)
    size, format = (4, formats.Format_ARGB32) if space.depth == "U8" else (8, formats.Format_RGBA64)
    image = QImage(data, len(data) // size, 1, len(data), format).rgbSwapped()  # which owns the bytes
    return image.constBits().asstring(len(data))  # ten times as fast as Python's own slices


def converted(data: Stripes, width: int, height: int, source: Space, target: Space) -> Stripes:
    """Stripes in another colour space, by Krita itself in a document that nobody sees."""
    if source == target:
        return data
    document = Krita.instance().createDocument(
        width, height, TITLE, source.model, source.depth, source.profile, 72.0
    )
    try:
        node = document.createNode(TITLE, "paintlayer")
        document.rootNode().addChildNode(node, None)
        write_pixels(node, data, 0, 0, width)
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
    tops = [node.type() for node in document.topLevelNodes() if "mask" not in node.type()]
    return tops == ["paintlayer"] and (layer.width, layer.height) == (document.width(), document.height())


def is_bare(document: Document, layer: Layer) -> bool:
    """Whether the layer is the picture, with no mask, selection, guide or frames that would have to grow."""
    more = [*document.topLevelNodes()[1:], *layer.node.childNodes(), document.selection()]
    guides = document.horizontalGuides() + document.verticalGuides()
    return is_alone(document, layer) and more == [None] and not guides and not layer.node.animated()


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
    work = unfade_editor.Work(job)
    dialog = QProgressDialog(label, "Cancel", 0, 0, main_window())
    dialog.setWindowTitle(TITLE)
    dialog.setWindowModality(getattr(Qt, "WindowModality", Qt).ApplicationModal)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)

    def look() -> None:
        if not work.is_alive():
            dialog.done(0)
        elif work.fraction is not None:
            dialog.setMaximum(1000)
            dialog.setValue(round(1000 * work.fraction))

    timer = QTimer(dialog)
    timer.timeout.connect(look)
    timer.start(50)
    work.start()
    dialog.exec()
    work.cancelled = work.is_alive()
    timer.stop()
    dialog.deleteLater()
    return work.result()


def restore(
    document: Document, layer: Layer, steps: Sequence[Step], result: Result | None, title: str
) -> int:
    """Filters that keep the size, limited by the selection; gives how many undo steps that is."""
    selection = document.selection()
    mask = region = None
    if selection is not None:
        mask = bytes(selection.pixelData(layer.x, layer.y, layer.width, layer.height))
        region = unfade_editor.bounds_of(mask, layer.width)
    with UNFADE.ahead(result is None):
        before = layer.read() if result is None or mask else None
        if result is None:
            result = wait(title, lambda show: UNFADE.run(steps, before, show, region))
    after = result.pixels
    if mask is not None:
        x, y = (result.region[1], result.region[0]) if result.region else (0, 0)
        after = unfade_editor.blended(before, bytes(after), mask, (x, y, result.width, result.height))
    undo = take_colours(document, layer)
    return undo + layer.add_result(after, layer.x, layer.y, layer.width, layer.height, title)


def take_colours(document: Document, layer: Layer) -> int:
    """Makes a gray picture an RGB one where the layer gets colours; gives how many undo steps that is."""
    if not layer.coloured or document.colorModel() != "GRAYA":
        return 0
    depth = document.colorDepth()
    document.setColorSpace("RGBA", depth, SRGB if depth[0] == "U" else "sRGB-elle-V2-g10.icc")
    document.waitForDone()
    return 1


def enlarge(
    document: Document, layer: Layer, steps: Sequence[Step], result: Result | None, whole: bool, title: str
) -> int:
    """Filters that make the picture, or the layer, larger, all of it; gives how many undo steps that is."""
    nodes = list(paint_layers(document.topLevelNodes())) if whole else [layer.node]
    layers = [Layer.of(node, layer.coloured) for node in nodes]
    done = [None if each.node != layer.node else result for each in layers]
    with UNFADE.ahead(None in done):
        pictures = [each.read() for each, found in zip(layers, done) if found is None]
        made = iter(wait(title, lambda show: UNFADE.run_all(steps, pictures, show)) if pictures else ())
    results = [found or next(made) for found in done]
    undo = take_colours(document, layer)
    if not whole:
        (found,) = results
        x, y = layer.x - (found.width - layer.width) // 2, layer.y - (found.height - layer.height) // 2
        return undo + layers[0].add_result(found.pixels, x, y, found.width, found.height, title)
    factor = UNFADE.factor(steps)
    width, height = (int(side * factor + 0.5) for side in (document.width(), document.height()))
    group = document.createGroupLayer(title)
    if len(layers) > 1:  # before all else: Krita counts it as a step, though nothing of it can be seen
        group.setBlendingMode("copy")
    if is_bare(document, layer):  # scaling 24 megapixels that the result will hide takes Krita 15 seconds
        document.resizeImage(0, 0, width, height)
    else:
        document.scaleImage(width, height, *[int(document.resolution())] * 2, "Bicubic")
    document.waitForDone()
    places = [
        (found.pixels, round(each.x * factor), round(each.y * factor), found.width, found.height)
        for each, found in zip(layers, results)
    ]
    if len(layers) == 1:
        return undo + 1 + layers[0].add_result(*places[0], title)
    # A layer each would be an undo step each: a group with all of them, which replaces what is below, is one.
    tops = [node for node in document.topLevelNodes() if "mask" not in node.type()]
    copies = [node.duplicate() for node in tops]
    for each, copy, place in zip(layers, list(paint_layers(copies)), places):
        each.write(copy, *place)
    group.setChildNodes(copies)
    document.rootNode().addChildNode(group, tops[-1])
    return undo + 2


def paint_layers(nodes: Sequence[Node]) -> Iterator[Node]:
    """All paint layers that are not empty, also those in groups; Krita scales the other kinds itself."""
    for node in nodes:
        if node.type() == "grouplayer":
            yield from paint_layers(node.childNodes())
        elif node.type() == "paintlayer" and not node.bounds().isEmpty():
            yield node


Krita.instance().addExtension(UnfadeExtension(Krita.instance()))
