"""Runs inside Krita with its window: each action on real layers, undo, depths, errors, and screenshots.

It is a second plug-in, which starts once Krita is up. UNFADE_TEST_FOLDER holds what tests/editors/fixtures.py
writes, and photo-2.png, what the command line made of photo.png. krita-report.txt there ends with
"N passed, M failed", and with it Krita.
"""

import json
import os
import subprocess
import time
import traceback
from array import array
from pathlib import Path

import unfade
from krita import Extension, Krita, Selection

try:
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication, QMessageBox, QProgressDialog
except ImportError:
    from PyQt5.QtCore import QTimer
    from PyQt5.QtWidgets import QApplication, QMessageBox, QProgressDialog

FOLDER = Path(os.environ["UNFADE_TEST_FOLDER"])
SRGB, LINEAR = "sRGB-elle-V2-srgbtrc.icc", "sRGB-elle-V2-g10.icc"
KRITA = Krita.instance()


# A test is a generator: it yields what it waits for, and Krita's own event loop goes on meanwhile.


def until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        yield
    for _ in range(3):
        yield


def trigger(name):
    KRITA.action(name).trigger()


def opened(name):
    document = KRITA.openDocument(str(FOLDER / name))
    KRITA.activeWindow().addView(document)
    KRITA.setActiveDocument(document)
    yield from until(lambda: KRITA.activeDocument() == document and document.activeNode(), "opening")
    return document


def created(depth, profile, data, model="RGBA", sides=(16, 12)):
    """A document with one layer of these bytes."""
    document = KRITA.createDocument(*sides, "test", model, depth, profile, 72.0)
    node = document.createNode("layer", "paintlayer")
    node.setPixelData(data, 0, 0, *sides)
    document.rootNode().addChildNode(node, None)
    for other in document.topLevelNodes():
        if other != node:
            other.remove()
    KRITA.activeWindow().addView(document)
    KRITA.setActiveDocument(document)
    document.setActiveNode(node)
    yield from until(lambda: KRITA.activeDocument() == document and document.activeNode() == node, "opening")
    return document, node


def pixels(node, width, height, x=0, y=0):
    return bytes(node.pixelData(x, y, width, height))


def last(filter, options, whole=True):
    """What "Repeat last" does next."""
    recipe = {"steps": [{"filter": filter, "options": options}], "whole_picture": whole}
    KRITA.writeSetting("unfade", "last", json.dumps(recipe))


def model(name):
    return str(FOLDER / f"{name}.onnx")


def message():
    """The text of the message box that is open, if one is."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMessageBox) and widget.isVisible():
            return widget.text()
    return None


def close_message():
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QMessageBox) and widget.isVisible():
            widget.reject()


def working():
    return any(isinstance(w, QProgressDialog) and w.isVisible() for w in QApplication.topLevelWidgets())


def screenshot(name):
    subprocess.run(["import", "-window", "root", str(FOLDER / f"{name}.png")], check=True)


def preview_windows():
    """Unfade's windows on the screen."""
    find = ["xdotool", "search", "--onlyvisible", "--name", "Unfade$"]
    return subprocess.run(find, capture_output=True, text=True, check=False).stdout.split()


def in_the_preview(key, picture):
    """Waits for the window, takes its picture, and presses a key in it."""
    yield from until(
        lambda: len(preview_windows()) > 1, "the preview window", 90
    )  # Krita's dialog is the first
    for _ in range(60):
        yield
    screenshot(picture)
    subprocess.run(["xdotool", "key", key], check=True)


def later(action):
    """The action opens dialogs of its own, so it is started from the event loop, not from the test."""
    QTimer.singleShot(0, lambda: trigger(action))


def refused(words, action="unfade_repeat"):
    later(action)
    yield from until(message, "the sentence")
    said = message()
    close_message()
    yield
    assert words in said, said


def submenu(menu, title):
    """The menu that an entry opens."""
    entries = {action.text().replace("&", ""): action for action in menu.actions()}
    assert title in entries, (title, list(entries))
    return entries[title].menu()


def test_the_menu():
    yield from opened("photo.png")
    bar = KRITA.activeWindow().qwindow().menuBar()
    place = bar.mapToGlobal(bar.rect().bottomLeft())
    shown = []
    for title in ("Tools", "Scripts", "Unfade"):
        shown.append(submenu(shown[-1] if shown else bar, title))
        shown[-1].popup(place)
        for _ in range(3):
            yield
        place.setX(place.x() + shown[-1].width())
    screenshot("krita-menu")
    titles = [action.text().replace("&", "") for action in shown[-1].actions()]
    for menu in reversed(shown):
        menu.hide()
    assert titles == ["Upscale...", "De-artifact...", "Colorize...", "Repeat last"], titles


def test_upscale_from_the_menu_and_ctrl_z():
    document = yield from opened("photo.png")
    before = pixels(document.topLevelNodes()[0], 340, 240)
    expected = KRITA.openDocument(str(FOLDER / "photo-2.png"))
    later("unfade_upscale")
    yield from in_the_preview("ctrl+Return", "krita-preview")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "Upscale")
    assert (document.width(), document.height()) == (680, 480)
    new = document.topLevelNodes()[1]
    assert new.name() == "Background (Upscale)", new.name()
    assert pixels(new, 680, 480) == pixels(expected.topLevelNodes()[0], 680, 480)
    screenshot("krita-upscaled")
    trigger("edit_undo")
    document.waitForDone()
    yield from until(lambda: len(document.topLevelNodes()) == 1, "Ctrl+Z")
    trigger("edit_undo")
    document.waitForDone()
    yield from until(lambda: document.width() == 340, "the second Ctrl+Z")
    assert pixels(document.topLevelNodes()[0], 340, 240) == before
    expected.close()


def test_8_bit_exact():
    data = bytes(byte if i % 4 != 3 else 255 for i, byte in enumerate(os.urandom(16 * 12 * 4)))
    document, _ = yield from created("U8", SRGB, data)
    last("deartifact", {"model": model("identity-x1")})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "De-artifact")
    assert pixels(document.topLevelNodes()[1], 16, 12) == data
    trigger("edit_undo")
    document.waitForDone()
    yield from until(lambda: len(document.topLevelNodes()) == 1, "Ctrl+Z")
    assert pixels(document.topLevelNodes()[0], 16, 12) == data


def test_16_bit_channels_in_place():
    data = array("H", os.urandom(16 * 12 * 8))
    data[3::4] = array("H", [65535]) * (16 * 12)
    document, _ = yield from created("U16", SRGB, data.tobytes())
    last("deartifact", {"model": model("half-x1")})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "De-artifact")
    after = array("H", pixels(document.topLevelNodes()[1], 16, 12))
    for i, (old, new) in enumerate(zip(data, after)):
        assert new == old if i % 4 == 3 else abs(new - old / 2) <= 1, (i, old, new)


def test_gray_exact():
    data = bytes(byte if i % 2 == 0 else 255 for i, byte in enumerate(os.urandom(16 * 12 * 2)))
    profile = KRITA.profiles("GRAYA", "U8")
    document, _ = yield from created("U8", profile[0], data, model="GRAYA")
    last("deartifact", {"model": model("identity-x1")})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "De-artifact")
    assert pixels(document.topLevelNodes()[1], 16, 12) == data


def test_linear_floats():
    values = [i / 800 for i in range(16 * 12 * 4)]
    values[3::4] = [1.0] * (16 * 12)
    data = array("f", values)
    document, _ = yield from created("F32", LINEAR, data.tobytes())
    last("deartifact", {"model": model("identity-x1")})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "De-artifact")
    after = array("f", pixels(document.topLevelNodes()[1], 16, 12))
    worst = max(abs(old - new) for old, new in zip(data, after))
    assert worst < 1e-3, worst


def undone(document, condition, times=1):
    """So many times Ctrl+Z, and no fewer, bring it back."""
    for _ in range(times):
        assert not condition()
        trigger("edit_undo")
        document.waitForDone()
        for _ in range(3):
            yield
    yield from until(condition, "Ctrl+Z", 10)


def names(document):
    return [node.name() for node in document.topLevelNodes()]


def projection(document):
    document.refreshProjection()
    document.waitForDone()
    return bytes(document.pixelData(0, 0, document.width(), document.height()))


def test_a_half_transparent_layer_is_replaced_in_one_step():
    data = bytes(128 if i % 4 == 3 else 200 for i in range(16 * 12 * 4))
    document, node = yield from created("U8", SRGB, data)
    last("deartifact", {"model": model("half-x1")})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "De-artifact")
    assert names(document) == ["layer", "layer (De-artifact)"]
    assert projection(document) == bytes([100, 100, 100, 128]) * (16 * 12)
    yield from undone(document, lambda: names(document) == ["layer"])
    assert pixels(node, 16, 12) == projection(document) == data


def test_a_half_transparent_layer_above_others_takes_two_steps():
    white = bytes([255]) * (16 * 12 * 4)
    document, node = yield from created("U8", SRGB, white)
    top = document.createNode("top", "paintlayer")
    top.setPixelData(bytes(128 if i % 4 == 3 else 200 for i in range(16 * 12 * 4)), 0, 0, 16, 12)
    document.rootNode().addChildNode(top, node)
    before = projection(document)
    document.setActiveNode(top)
    yield from until(lambda: document.activeNode() == top, "selecting")
    last("deartifact", {"model": model("half-x1")})
    later("unfade_repeat")
    yield from until(lambda: names(document) == ["layer", "top (De-artifact)"], "De-artifact")
    after = projection(document)
    assert abs(after[0] - round(255 - (255 - 100) * 128 / 255)) <= 1, after[:4]
    yield from undone(document, lambda: names(document) == ["layer", "top"], 2)
    assert projection(document) == before


def test_a_selection_limits_and_blends():
    data = bytes(255 if i % 4 == 3 else 200 for i in range(16 * 12 * 4))
    document, node = yield from created("U8", SRGB, data)
    selection = Selection()
    selection.select(4, 4, 6, 4, 255)
    partly = Selection()
    partly.select(10, 4, 2, 4, 128)
    selection.add(partly)
    document.setSelection(selection)
    last("deartifact", {"model": model("half-x1")})
    later("unfade_repeat")
    yield from until(lambda: document.nodeByName("layer (De-artifact)"), "De-artifact")
    after = pixels(document.nodeByName("layer (De-artifact)"), 16, 12)
    for y in range(12):
        for x in range(16):
            share = (1 if x < 10 else 128 / 255 if x < 12 else 0) if x >= 4 and 4 <= y < 8 else 0
            wanted = round(200 - 100 * share)
            assert abs(after[(y * 16 + x) * 4] - wanted) <= 1, (x, y, after[(y * 16 + x) * 4], wanted)
    selection = Selection()
    selection.select(100, 100, 5, 5, 255)
    document.setSelection(selection)
    document.setActiveNode(node)
    yield from refused("no pixel in common")


def test_only_the_layer_grows():
    data = bytes(255 if i % 4 == 3 else i % 251 for i in range(16 * 12 * 4))
    document, _ = yield from created("U8", SRGB, data)
    last("upscale", {"scale": 2.0, "model": model("identity-x2")}, whole=False)
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "Upscale")
    new = document.topLevelNodes()[1]
    assert (document.width(), document.height()) == (16, 12)
    bounds = new.bounds()
    assert (bounds.x(), bounds.y(), bounds.width(), bounds.height()) == (-8, -6, 32, 24)
    large = pixels(new, 32, 24, -8, -6)
    assert all(
        large[(y * 32 + x) * 4] == data[(y // 2 * 16 + x // 2) * 4] for y in range(24) for x in range(32)
    )


def test_several_layers_grow_in_two_steps():
    data = bytes(255 if i % 4 == 3 else i % 251 for i in range(16 * 12 * 4))
    document, node = yield from created("U8", SRGB, data)
    group = document.createGroupLayer("set")
    document.rootNode().addChildNode(group, node)
    inside = document.createNode("inside", "paintlayer")
    red = bytes([0, 0, 255, 128]) * (4 * 3)
    inside.setPixelData(red, 5, 6, 4, 3)
    group.addChildNode(inside, None)
    before = projection(document)
    last("upscale", {"scale": 2.0, "model": model("identity-x2")})
    document.setActiveNode(node)
    yield from until(lambda: document.activeNode() == node, "selecting")
    later("unfade_repeat")
    yield from until(lambda: names(document)[-1] == "Upscale", "Upscale")
    large = document.topLevelNodes()[-1]
    assert [child.name() for child in large.childNodes()] == ["layer", "set"]
    grown = large.childNodes()[1].childNodes()[0]
    bounds = grown.bounds()
    assert (bounds.x(), bounds.y(), bounds.width(), bounds.height()) == (10, 12, 8, 6)
    assert pixels(grown, 8, 6, 10, 12) == red[:4] * 48
    assert (document.width(), document.height()) == (32, 24)
    after = projection(document)
    for y in range(24):
        for x in range(32):
            old = (y // 2 * 16 + x // 2) * 4
            assert after[(y * 32 + x) * 4 : (y * 32 + x) * 4 + 4] == before[old : old + 4], (x, y)
    yield from undone(document, lambda: document.width() == 16, 2)
    assert names(document) == ["layer", "set"] and projection(document) == before


def answered(choice):
    """Waits for the question, and clicks an answer."""
    yield from until(message, "the question", 120)
    screenshot("krita-question")
    for box in QApplication.topLevelWidgets():
        if isinstance(box, QMessageBox) and box.isVisible():
            next(b for b in box.buttons() if b.text().replace("&", "") == choice).click()


def test_the_picture_or_the_layer_is_asked():
    document = yield from opened("photo.png")
    small = document.createNode("small", "paintlayer")
    small.setPixelData(bytes([40, 90, 160, 255]) * (20 * 10), 30, 40, 20, 10)
    document.rootNode().addChildNode(small, document.topLevelNodes()[0])
    document.setActiveNode(small)
    yield from until(lambda: document.activeNode() == small, "selecting")
    for choice, size, box in (("Only the layer", 340, (20, 35, 40, 20)), ("Cancel", 340, None),
                              ("The whole picture", 680, (60, 80, 40, 20))):  # fmt: skip
        later("unfade_upscale")
        yield from in_the_preview("ctrl+Return", "krita-preview-layer")
        yield from answered(choice)
        if box is None:
            for _ in range(10):
                yield
            assert names(document) == ["Background", "small"] and document.width() == 340
            continue
        yield from until(lambda: len(document.topLevelNodes()) == 3, "Upscale", 120)
        assert document.width() == size
        new = document.topLevelNodes()[2]
        new = new.childNodes()[1] if size == 680 else new
        bounds = new.bounds()
        assert (bounds.x(), bounds.y(), bounds.width(), bounds.height()) == box, choice
        yield from undone(document, lambda: names(document) == ["Background", "small"])
        if size == 680:
            yield from undone(document, lambda: document.width() == 340)
        document.setActiveNode(small)
        yield from until(lambda: document.activeNode() == small, "selecting")


def colourised(document, options):
    """What Colorize makes of the active layer."""
    last("colorize", {"model": model("tint"), **options})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "Colorize")
    return document.topLevelNodes()[1]


def gray_pixels():
    grays = [90 + (7 * i) % 60 for i in range(16 * 12)]
    return bytes(value for gray in grays for value in (gray, gray, gray, 255)), grays


def near(a, b, most):
    worst = max(abs(x - y) for x, y in zip(a, b))
    assert len(a) == len(b) and worst <= most, worst


def test_a_gray_picture_takes_colours():
    data, grays = gray_pixels()
    document, _ = yield from created("U8", SRGB, data)
    wanted = pixels((yield from colourised(document, {})), 16, 12)
    assert len(set(wanted[:3])) == 3
    gray = bytes(value for gray in grays for value in (gray, 255))
    document, node = yield from created("U8", "Gray-D50-elle-V2-srgbtrc.icc", gray, model="GRAYA")
    new = yield from colourised(document, {})
    assert (document.colorModel(), new.colorModel()) == ("RGBA", "RGBA")
    near(pixels(new, 16, 12), wanted, 1)
    near(projection(document), wanted, 1)
    yield from undone(document, lambda: document.colorModel() == "GRAYA", 2)
    assert pixels(node, 16, 12) == gray and names(document) == ["layer"]


def test_colorize_honours_the_profile():
    clay = "ClayRGB-elle-V2-g22.icc"
    data = bytes(255 if i % 4 == 3 else 110 + i % 23 for i in range(16 * 12 * 4))
    document, _ = yield from created("U8", clay, data)
    same = yield from colourised(document, {"strength": 0.0})
    near(pixels(same, 16, 12), data, 1)
    data, _ = gray_pixels()
    document, _ = yield from created("U8", SRGB, data)
    wanted = pixels((yield from colourised(document, {})), 16, 12)
    spaces = [unfade.Space("RGBA", "U16", profile) for profile in (SRGB, clay)]
    deep = array("H", (value * 257 for value in data)).tobytes()
    in_clay = b"".join(unfade.converted([deep], 16, 12, *spaces))
    document, _ = yield from created("U16", clay, in_clay)
    new = yield from colourised(document, {})
    back = array("H", b"".join(unfade.converted([pixels(new, 16, 12)], 16, 12, *spaces[::-1])))
    near([value / 257 for value in back], wanted, 1)


def test_colorize_from_the_menu():
    document = yield from opened("photo.png")
    new = yield from colourised(document, {})
    after = pixels(new, 340, 240)
    assert sum(after[0::4]) != sum(after[2::4])


def test_sentences():
    data = bytes(255 for i in range(16 * 12 * 4))
    document, node = yield from created("U8", SRGB, data)
    last("upscale", {})
    node.setLocked(True)
    yield from refused("is locked")
    node.setLocked(False)
    group = document.createGroupLayer("set")
    document.rootNode().addChildNode(group, node)
    document.setActiveNode(group)
    yield from until(lambda: document.activeNode().name() == "set", "selecting")
    yield from refused("has no pixels of its own")
    document.setActiveNode(node)
    yield from until(lambda: document.activeNode() == node, "selecting")
    last("deartifact", {"model": "nonesuch"})
    yield from refused("nonesuch")
    KRITA.writeSetting("unfade", "last", "")
    yield from refused("nothing to repeat")
    command, unfade.UNFADE._command = unfade.UNFADE._command, ["/nowhere/python3"]
    last("upscale", {})
    later("unfade_repeat")
    yield from until(message, "the sentence")
    screenshot("krita-sentence")
    said = message()
    close_message()
    unfade.UNFADE._command = command
    assert "install Unfade again" in said, said
    assert pixels(node, 16, 12) == data


def large_document(data):
    """4000 x 3000 pixels, on the screen."""
    document = KRITA.createDocument(4000, 3000, "large", "RGBA", "U8", SRGB, 72.0)
    KRITA.activeWindow().addView(document)
    node = document.topLevelNodes()[0]
    node.setPixelData(data, 0, 0, 4000, 3000)
    document.setActiveNode(node)
    yield from until(lambda: KRITA.activeDocument() == document and document.activeNode() == node, "opening")
    return document


def test_large_layers_cross_exactly():
    row = bytearray(os.urandom(4000 * 4))
    row[3::4] = b"\xff" * 4000
    data = b"".join(bytes([y % 251]) + row[1:] for y in range(3000))  # no two stripes are alike
    document = yield from large_document(data)
    last("deartifact", {"model": model("identity-x1")})
    later("unfade_repeat")
    yield from until(lambda: len(document.topLevelNodes()) == 2, "De-artifact")
    assert pixels(document.topLevelNodes()[1], 4000, 3000) == data
    assert document.topLevelNodes()[1].blendingMode() == "normal"  # it is seen to be opaque
    document.setModified(False)
    document.close()


def test_cancel_within_a_second():
    document = yield from large_document(os.urandom(4000) * 12000)
    last("upscale", {"scale": 2.0})
    later("unfade_repeat")
    yield from until(working, "the progress")
    for _ in range(40):
        yield
    screenshot("krita-progress")
    start = time.monotonic()
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QProgressDialog):
            widget.cancel()
    yield from until(lambda: not working(), "the end")
    took = time.monotonic() - start
    assert took < 1.5, took  # three ticks of it are the test's own
    assert message() is None and len(document.topLevelNodes()) == 1 and document.width() == 4000


class Runner:
    def __init__(self):
        wanted = os.environ.get("UNFADE_TEST_ONLY", "")
        self.waiting = [
            (name[5:].replace("_", " "), test)
            for name, test in list(globals().items())
            if name.startswith("test_") and wanted in name
        ]
        self.passed = self.failed = 0
        self.report = (FOLDER / "krita-report.txt").open("w", encoding="utf-8")
        self.current = None
        KRITA.activeWindow().qwindow().showMaximized()
        self.step()

    def say(self, line):
        print(line, file=self.report, flush=True)

    def step(self):
        try:
            if self.current is None:
                if not self.waiting:
                    self.say(f"{self.passed} passed, {self.failed} failed")
                    os._exit(0)
                self.name, test = self.waiting.pop(0)
                self.current = test()
            next(self.current)
        except StopIteration:
            self.passed += 1
            self.say(f"ok   {self.name}")
            self.end()
        except Exception:
            self.failed += 1
            screenshot(f"krita-failure-{self.failed}")
            self.say(f"FAIL {self.name}\n{traceback.format_exc()}")
            self.end()
        QTimer.singleShot(100, self.step)

    def end(self):
        self.current = None
        close_message()
        for document in KRITA.documents():
            document.setModified(False)
            document.close()


class TestPlugIn(Extension):
    """Starts the suite; Krita's window needs a moment."""

    def setup(self):
        pass

    def createActions(self, _window):
        QTimer.singleShot(4000, self.start)

    def start(self):
        self.runner = Runner()


KRITA.addExtension(TestPlugIn(KRITA))
