"""What Unfade adds to a filter inside Krita: a large layer through "Repeat last", less the filter's time.

A plug-in for Krita that runs once Krita is up, prints a table into UNFADE_BENCH_REPORT, and ends Krita. With
Unfade's own plug-in installed (unfade install krita) and models that only repeat pixels:

    python -c "import pathlib, unfade.models, tests.models as m; \\
        m.identity_model(pathlib.Path('same.onnx'), 1, task="deartifact"); \\
        m.identity_model(pathlib.Path('repeat.onnx'), 2)"
    cd ~/.local/share/krita/pykrita; mkdir unfade_bench; cp ROUND_TRIP_KRITA.PY unfade_bench/__init__.py
    sed s/=unfade/=unfade_bench/ unfade.desktop > unfade_bench.desktop
    UNFADE_BENCH_FILTER=deartifact UNFADE_BENCH_MODEL=.../same.onnx UNFADE_BENCH_REPORT=report.txt krita

and in ~/.config/kritarc, under [python], enable_unfade_bench=true.

UNFADE_BENCH_SELECTION=large.jpg compares instead, by turns, a run through the window on 300 x 250 feathered
pixels of a JPEG (from the press of Apply, UNFADE_BENCH_WAIT seconds after the window is there, eight unless
set) with Repeat last on it;
bench/round_trip_gimp.py tells how to make one. UNFADE_BENCH_MODEL is deartifact then, the shipped one.

All times are seconds. "added" is the whole call less what the engine says the filter took in that call;
"engine" is the part of it that starting the engine and the crossing take. Krita counts among what is added,
too, that it shows the result.
"""

import json
import os
import subprocess
import time
from pathlib import Path

import unfade
from krita import Extension, Krita, Selection

try:
    from PyQt6.QtCore import QTimer
except ImportError:
    from PyQt5.QtCore import QTimer

SIDES = (6000, 4000)
SELECTION = os.environ.get("UNFADE_BENCH_SELECTION")
MODEL = os.environ["UNFADE_BENCH_MODEL"]
FILTER = os.environ.get("UNFADE_BENCH_FILTER", "upscale")
ROUNDS = int(os.environ.get("UNFADE_BENCH_ROUNDS", "3"))
SRGB = "sRGB-elle-V2-srgbtrc.icc"
KRITA = Krita.instance()


class Bench(Extension):
    """Starts the measurement; Krita's window needs a moment."""

    def setup(self):
        pass

    def createActions(self, _window):  # noqa: N802
        QTimer.singleShot(4000, self.start)

    def start(self):
        self.left = ROUNDS
        self.report = Path(os.environ["UNFADE_BENCH_REPORT"]).open("w", encoding="utf-8")  # noqa: SIM115
        if SELECTION:
            self.say("| window, from Apply | Repeat last | ratio |\n|---|---|---|")
        else:
            self.say("| whole call | filter | added | of it: engine |\n|---|---|---|---|")
        self.prepare()

    def say(self, line):
        print(line, file=self.report, flush=True)

    def prepare(self):
        if not self.left:
            os._exit(0)
        self.left -= 1
        self.took = []
        self.document = selected_document() if SELECTION else large_document()
        QTimer.singleShot(3000, self.measure)  # until Krita shows it

    def measure(self):
        try:
            if not SELECTION:
                self.took = one_call(self.document)
            elif not self.took:
                self.took = [from_apply(self.document)]
                self.close()
                self.document = selected_document()
                QTimer.singleShot(3000, self.measure)
                return
            else:
                self.took.append(repeated(self.document))
                self.took.append(self.took[0] / self.took[1])
            self.say("| " + " | ".join(f"{each:.2f}" for each in self.took) + " |")
        except Exception as error:
            self.say(f"{type(error).__name__}: {error}")
            os._exit(1)
        self.close()
        QTimer.singleShot(1000, self.prepare)

    def close(self):
        self.document.setModified(False)
        self.document.close()


def large_document():
    """A picture of one layer, on the screen."""
    row = bytearray(os.urandom(SIDES[0] * 4))
    row[3::4] = b"\xff" * SIDES[0]  # opaque, as photographs are
    document = KRITA.createDocument(*SIDES, "bench", "RGBA", "U8", SRGB, 72.0)
    node = document.createNode("layer", "paintlayer")
    node.setPixelData(bytes(row) * SIDES[1], 0, 0, *SIDES)
    document.rootNode().addChildNode(node, None)
    for other in document.topLevelNodes():
        if other != node:
            other.remove()
    KRITA.activeWindow().addView(document)
    KRITA.setActiveDocument(document)
    document.setActiveNode(node)
    return document


PRESS = """window=$(xdotool search --sync --onlyvisible --name ' Unfade$' | head -1)
sleep ${UNFADE_BENCH_WAIT:-8}; date +%s.%N
xdotool windowactivate --sync $window key ctrl+Return"""


def selected_document():
    """The JPEG, on the screen, with a small part of it selected."""
    document = KRITA.openDocument(SELECTION)
    KRITA.activeWindow().addView(document)
    KRITA.setActiveDocument(document)
    selection = Selection()
    selection.select(1400, 900, 300, 250, 255)
    selection.feather(20)
    document.setSelection(selection)
    return document


def from_apply(document):
    """Seconds of a run through the window, from the press of Apply on."""
    pressing = subprocess.Popen(["sh", "-c", PRESS], stdout=subprocess.PIPE, text=True)
    unfade.work(FILTER)
    document.waitForDone()
    ended = time.time()
    assert [node.type() for node in document.topLevelNodes()].count("paintlayer") == 2
    return ended - float(pressing.communicate()[0].split()[-1])


def repeated(document):
    """Seconds of Repeat last."""
    remember()
    begun = time.time()
    unfade.work(None)
    document.waitForDone()
    assert [node.type() for node in document.topLevelNodes()].count("paintlayer") == 2
    return time.time() - begun


def remember():
    """What Repeat last is to do."""
    recipe = {"steps": [{"filter": FILTER, "options": {"model": MODEL}}], "whole_picture": True}
    KRITA.writeSetting("unfade", "last", json.dumps(recipe))


def one_call(document):
    """Seconds of the entry, of the filter, of what is added, and of what of that the engine's side takes."""
    remember()
    seconds, crossing = [], []

    def watched(name):
        method = getattr(unfade.UNFADE, name)

        def run(*arguments):
            begun = time.perf_counter()
            found = method(*arguments)
            crossing.append(time.perf_counter() - begun)
            seconds.extend(each.seconds for each in (found if isinstance(found, list) else [found]))
            return found

        setattr(unfade.UNFADE, name, run)
        return lambda: setattr(unfade.UNFADE, name, method)

    undo = [watched("run"), watched("run_all")]
    begun = time.perf_counter()
    unfade.work(None)
    document.waitForDone()
    took = time.perf_counter() - begun
    for each in undo:
        each()
    assert len(seconds) == 1 and len(document.topLevelNodes()) == 2
    return took, seconds[0], took - seconds[0], sum(crossing) - seconds[0]


KRITA.addExtension(Bench(KRITA))
