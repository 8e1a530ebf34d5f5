"""Unfade's filters in Krita: Tools > Scripts > Unfade.

A thin adapter: the pixels go to Unfade's engine, a process of its own, through unfade_client.py. Krita lets
scripts undo what adds, removes, scales and converts, each as a step of its own, but no writing of pixels. So
a result is a new layer above the old one, which Ctrl+Z takes away, and further ones where the picture had
to be scaled or converted first. Nothing is touched before the engine has answered. For Krita 5 and 6 (PyQt5,
PyQt6) and Python 3.9 to 3.14.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from krita import Document, Extension, Krita, Node

try:
    from PyQt6.QtCore import QLocale, Qt, QTimer
    from PyQt6.QtGui import QIcon
    from PyQt6.QtWidgets import QMenu, QMessageBox, QProgressDialog
except ImportError:
    from PyQt5.QtCore import QLocale, Qt, QTimer
    from PyQt5.QtGui import QIcon
    from PyQt5.QtWidgets import QMenu, QMessageBox, QProgressDialog

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER))  # for the two modules that both editors' plug-ins have

import unfade_editor  # noqa: E402
from unfade_client import EngineError, Result  # noqa: E402
from unfade_editor import Step, Unfade  # noqa: E402

from .layers import COPY, LINEAR_SRGB, SRGB, TITLE, Layer, Selected, read_pixels  # noqa: E402

MENU = "tools/scripts"
SAME_RESOLUTION = 0.0127  # pixels an inch: half a pixel a metre, in which PNG counts
UNFADE = Unfade(FOLDER, keep=180)  # seconds


class UnfadeExtension(Extension):
    """The menu."""

    def setup(self) -> None:
        """Nothing; Krita wants it."""

    def createActions(self, window: Any) -> None:
        """One entry for each filter of the installed Unfade, and the one that repeats."""
        parent = window.createAction("unfade", TITLE, MENU)
        menu = QMenu("unfade", window.qwindow())
        parent.setMenu(menu)
        for filter in UNFADE.filters:
            text = f"{said(filter.titles)}..."
            action = window.createAction(f"unfade_{filter.name}", text, f"{MENU}/unfade")
            action.setToolTip(filter.summary)
            action.triggered.connect(lambda _checked=False, name=filter.name: run(name))
        repeat = window.createAction("unfade_repeat", said(UNFADE.repeat), f"{MENU}/unfade")
        repeat.triggered.connect(lambda _checked=False: run(None))
        menu.aboutToShow.connect(self.arrange)  # a closure over the menu is collected while Qt still calls it

    def arrange(self) -> None:
        """The filters in their order, then what repeats: Krita 5.3 sorts a menu by its texts. Krita 5.2 does
        not, and dies of any change here."""
        menu = self.sender()
        names = [*(f"unfade_{filter.name}" for filter in UNFADE.filters), "unfade_repeat"]
        found = {action.objectName(): action for action in menu.actions()}
        if list(found) != names and set(found) == set(names):
            for action in map(found.get, names):
                menu.removeAction(action)
                menu.addAction(action)


def said(texts: Mapping[str, str]) -> str:
    """A text in the language that Krita is in."""
    return unfade_editor.said_in(texts, QLocale().uiLanguages())


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
        sentence = unfade_editor.unforeseen(error)
    if sentence:
        QMessageBox.warning(main_window(), TITLE, sentence)


def main_window() -> Any:
    """The parent of dialogs."""
    return window.qwindow() if (window := Krita.instance().activeWindow()) else None


def work(filter: str | None) -> None:
    """One run of one entry on the active layer."""
    UNFADE.told()  # of a run that then failed
    document = Krita.instance().activeDocument()
    if document is None:
        raise EngineError("There is no picture open.", "usage")
    node = document.activeNode()
    layer = Layer.of(node)
    if filter is None:
        steps, whole = unfade_editor.read_last(Krita.instance().readSetting("unfade", "last", ""))
        result = None
    else:
        seen = fingerprint(document, layer)
        asked = (filter, {}, layer.read(), f"{node.name()} - {document.name() or document.fileName()}")
        selected = Selected.of(document, layer)
        parent = None if (window := main_window()) is None else int(window.winId())
        part = None if selected is None else (selected.region(layer), selected.mask)
        result, steps = wait(
            "The preview window is open.", lambda show: UNFADE.ask(*asked, show, part, parent)
        )
        if fingerprint(document, layer := Layer.of(node)) != seen:
            result = None  # of pixels that are there no longer: it is made anew
        whole = UNFADE.factor(steps) == 1 or is_alone(document, layer) or ask_whole()
    title = " + ".join(UNFADE.filter(step.filter).title for step in steps)
    if UNFADE.factor(steps) == 1:
        undo = restore(document, layer, steps, result, title)
    else:
        undo = enlarge(document, layer, steps, result, whole, title)
    told = UNFADE.told()
    if undo > 1:
        told = f"{told} Unfade: press Ctrl+Z {undo} times to undo this.".strip()
    if told:
        Krita.instance().activeWindow().activeView().showFloatingMessage(told, QIcon(), 6000, 1)
    Krita.instance().writeSetting("unfade", "last", unfade_editor.write_last(steps, whole))


def fingerprint(document: Document, layer: Layer) -> Any:
    """What a result depends on; equal for equal pixels and selections."""
    selection = document.selection()
    mask = None if selection is None else bytes(selection.pixelData(*layer.place))
    pixels = unfade_editor.fingerprint(read_pixels(layer.node, *layer.place))
    return layer.place, layer.space, pixels, mask and unfade_editor.fingerprint([mask])


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
    work, pace = unfade_editor.Work(job), unfade_editor.Pace()
    dialog = QProgressDialog(label, "Cancel", 0, 0, main_window())
    dialog.setWindowTitle(TITLE)
    dialog.setWindowModality(getattr(Qt, "WindowModality", Qt).ApplicationModal)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)

    def look() -> None:
        if not work.is_alive():
            dialog.done(0)
        elif work.fraction is not None:
            done, left = pace.at(work.fraction)
            dialog.setMaximum(1000)
            dialog.setValue(round(1000 * done))
            dialog.setLabelText(f"{label}: {left}" if left else label)

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
    selected = Selected.of(document, layer)
    if result is None:
        region = None if selected is None else selected.region(layer)
        with UNFADE.ahead():
            pixels = layer.read()
            result = wait(title, lambda show: UNFADE.run(steps, pixels, show, region))
    undo = take_colours(document, [result])
    return undo + layer.patch(result, selected, title)


def take_colours(document: Document, results: Sequence[Result]) -> int:
    """Makes a gray picture an RGB one where a layer got colours; gives how many undo steps that is."""
    if document.colorModel() != "GRAYA" or all(result.channels == 2 for result in results):
        return 0
    depth = document.colorDepth()
    document.setColorSpace("RGBA", depth, SRGB if depth[0] == "U" else LINEAR_SRGB)
    document.waitForDone()
    return 1


def enlarge(
    document: Document, layer: Layer, steps: Sequence[Step], result: Result | None, whole: bool, title: str
) -> int:
    """Filters that make the picture, or the layer, larger, all of it; gives how many undo steps that is."""
    nodes = list(paint_layers(document.topLevelNodes())) if whole else [layer.node]
    layers = [Layer.of(node) for node in nodes]
    done = [None if each.node != layer.node else result for each in layers]
    with UNFADE.ahead(None in done):
        pictures = [each.read() for each, found in zip(layers, done) if found is None]
        made = iter(wait(title, lambda show: UNFADE.run_all(steps, pictures, show)) if pictures else ())
    results = [found or next(made) for found in done]
    undo = take_colours(document, results)
    if not whole:
        (found,) = results
        x, y = layer.x - (found.width - layer.width) // 2, layer.y - (found.height - layer.height) // 2
        return undo + layer.replace(found, (x, y), title)
    factor = UNFADE.factor(steps)
    width, height = (int(side * factor + 0.5) for side in (document.width(), document.height()))
    group = document.createGroupLayer(title)
    if len(layers) > 1:  # before all else: Krita counts it as a step, though nothing of it can be seen
        group.setBlendingMode(COPY)
    if is_bare(document, layer):  # scaling 24 megapixels that the result will hide takes Krita 15 seconds
        document.resizeImage(0, 0, width, height)
        undo += 1
    else:
        undo += scale_image(document, width, height)
    document.waitForDone()
    places = [(round(each.x * factor), round(each.y * factor)) for each in layers]
    if len(layers) == 1:
        return undo + layers[0].replace(results[0], places[0], title)
    # A layer each would be an undo step each: a group with all of them, which replaces what is below, is one.
    tops = [node for node in document.topLevelNodes() if "mask" not in node.type()]
    copies = [node.duplicate() for node in tops]
    for each, copy, found, place in zip(layers, list(paint_layers(copies)), results, places):
        each.write(copy, found, place)
    group.setChildNodes(copies)
    document.rootNode().addChildNode(group, tops[-1])
    return undo + 1


def scale_image(document: Document, width: int, height: int) -> int:
    """Krita's own scaling; gives how many undo steps that is.

    It takes whole numbers for the resolution. Where 254.7 would become 255 it is set right, which Krita
    counts as a step for either side; 72.009, as PNG says 72, may become 72.
    """
    across, down = document.xRes(), document.yRes()
    document.scaleImage(width, height, round(across), round(down), "Bicubic")
    document.waitForDone()
    undo = 1
    for resolution, set_resolution in ((across, document.setXRes), (down, document.setYRes)):
        if abs(resolution - round(resolution)) > SAME_RESOLUTION:
            set_resolution(resolution)
            undo += 1
    return undo


def paint_layers(nodes: Sequence[Node]) -> Iterator[Node]:
    """All paint layers that are not empty, also those in groups; Krita scales the other kinds itself."""
    for node in nodes:
        if node.type() == "grouplayer":
            yield from paint_layers(node.childNodes())
        elif node.type() == "paintlayer" and not node.bounds().isEmpty():
            yield node


Krita.instance().addExtension(UnfadeExtension(Krita.instance()))
