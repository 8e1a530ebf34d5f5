"""Runs inside Krita with its window: each action on real layers, undo, depths, errors, and screenshots.

It is a second plug-in, which starts once Krita is up. UNFADE_TEST_FOLDER holds what tests/editors/fixtures.py
writes, and photo-2.png, what the command line made of photo.png. krita-report.txt there ends with
"N passed, M failed", and with it Krita.
"""

import gc
import json
import os
import struct
import subprocess
import sys
import time
import traceback
import zipfile
from array import array
from pathlib import Path

import unfade
from krita import Extension, InfoObject, Krita, Selection
from unfade import layers

try:
    from PyQt6.QtCore import QTimer
    from PyQt6.QtWidgets import QApplication, QMessageBox, QProgressDialog
except ImportError:
    from PyQt5.QtCore import QTimer
    from PyQt5.QtWidgets import QApplication, QMessageBox, QProgressDialog

FOLDER = Path(os.environ["UNFADE_TEST_FOLDER"])
sys.path.append(str(FOLDER.parent / "suite"))
from dying import SAID, dying_engines
from screen import above, name_of, press, preview_windows

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
    if KRITA.version().startswith("6.") and not KRITA.action(action).isEnabled():
        return  # Krita 6 itself does not offer it there, on groups
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
    gc.collect()  # what a menu calls outlives Python's collector
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
    if os.environ.get("UNFADE_TEST_LANGUAGE") == "de":  # Krita 6 sets LANGUAGE itself
        assert len(titles) == len(unfade.UNFADE.filters) + 1
        assert {"Vergrößern...", "Kolorieren...", "Letzten Filter wiederholen"} <= set(titles), titles
        return
    assert titles == [*(f"{filter.title}..." for filter in unfade.UNFADE.filters), "Repeat last"], titles
    assert {"Upscale...", "De-artifact...", "Colorize..."} <= set(titles)


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


def test_what_was_not_done_is_said():
    document, _ = yield from created("U8", SRGB, bytes([90, 80, 70, 255] * (16 * 12)))
    last("deartifact", {"model": model("identity-x1"), "watermark": True})
    told, said = unfade.UNFADE.told, []
    unfade.UNFADE.told = lambda: said.append(told()) or said[-1]
    later("unfade_repeat")
    yield from until(lambda: len(said) == 2, "the warning")
    unfade.UNFADE.told = told
    assert said[0] == "" and "finds no watermarks" in said[1], said
    assert len(document.topLevelNodes()) == 2


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


# Whatever makes a layer look like more, or less, than its pixels

BASE = bytes([255]) * (16 * 12 * 4)
COLOURS = b"".join(bytes([200 - 2 * (i % 9), 150, 100, 255]) for i in range(16 * 12))


def stacked(data=COLOURS, alone=False):
    """A white layer, and one above it; or that one alone."""
    document, base = yield from created("U8", SRGB, data if alone else BASE)
    if alone:
        return document, base
    return document, added(document, document.rootNode(), data)


def added(document, parent, data=COLOURS, name="top"):
    node = document.createNode(name, "paintlayer")
    node.setPixelData(data, 0, 0, 16, 12)
    parent.addChildNode(node, None)
    return node


def set_multiply(_document, node):
    node.setBlendingMode("multiply")


def set_half_opacity(_document, node):
    node.setOpacity(128)


def set_transparency_mask(document, node):
    mask = document.createTransparencyMask("mask")
    selection = Selection()
    selection.select(0, 0, 16, 12, 128)
    mask.setSelection(selection)
    node.addChildNode(mask, None)


def set_filter_mask(document, node):
    invert, selection = KRITA.filter("invert"), Selection()
    selection.select(0, 0, 8, 12, 255)
    node.addChildNode(document.createFilterMask("inverted", invert, selection), None)


def set_clipped(_document, node):
    node.setInheritAlpha(True)
    node.parentNode().childNodes()[0].setPixelData(bytes(16 * 6 * 4), 0, 0, 16, 6)


def set_half_transparent(_document, node):
    node.setPixelData(bytes(128 if i % 4 == 3 else byte for i, byte in enumerate(COLOURS)), 0, 0, 16, 12)


def set_copying(document, node):
    set_half_transparent(document, node)
    node.setBlendingMode("copy")


def grouped(document, node, through):
    """The layer in a group above the white one, below nothing else in it."""
    group = document.createGroupLayer("set")
    document.rootNode().addChildNode(group, None)
    node.remove()
    inside = added(document, group)
    group.setPassThroughMode(through)
    return inside


def in_a_group(document, node):
    inside = grouped(document, node, False)
    set_multiply(document, inside)
    added(document, inside.parentNode(), bytes([90, 120, 60, 100]) * (16 * 12), "above")
    return inside


def in_a_group_that_passes_through(document, node):
    inside = grouped(document, node, True)
    set_half_transparent(document, inside)
    return inside


STYLE = """<asl><node classId="null" type="Descriptor" name="">
<node type="UnitFloat" unit="#Prc" value="100" key="Scl "/>
<node type="Boolean" value="1" key="masterFXSwitch"/>
<node key="DrSh" type="Descriptor" classId="DrSh" name="">
<node key="enab" type="Boolean" value="1"/><node key="Md  " type="Enum" typeId="BlnM" value="Nrml"/>
<node key="Opct" type="UnitFloat" unit="#Prc" value="50"/>
<node key="Clr " type="Descriptor" classId="RGBC" name=""><node key="Rd  " type="Double" value="255"/>
<node key="Grn " type="Double" value="0"/><node key="Bl  " type="Double" value="0"/></node>
<node key="lagl" type="UnitFloat" unit="#Ang" value="180"/>
<node key="Dstn" type="UnitFloat" unit="#Pxl" value="3"/></node>
</node></asl>"""
"""A red shadow on the right, as Krita writes it."""


def set_style(document, node):
    node.setPixelData(bytes(8 * 12 * 4), 8, 0, 8, 12)
    plain = projection(document)
    node.setLayerStyleFromAsl(STYLE)
    assert projection(document) != plain


LOOKS = [set_style, set_multiply, set_half_opacity, set_transparency_mask, set_filter_mask, set_clipped,
         set_half_transparent, set_copying, in_a_group, in_a_group_that_passes_through]  # fmt: skip


def replaced(document, node, name, wanted):
    """Runs a filter on the layer; one Ctrl+Z, or two, bring everything back."""
    before, nodes = projection(document), tree(document)
    yield from activated(document, node)
    last("deartifact", {"model": model(name)})
    later("unfade_repeat")
    yield from until(lambda: message() or (tree(document) != nodes and not working()), "De-artifact", 20)
    assert message() is None, message()
    assert projection(document) == wanted, (name, projection(document)[:8], wanted[:8])
    for _ in range(2):
        if tree(document) == nodes:
            break
        trigger("edit_undo")
        document.waitForDone()
        for _ in range(3):
            yield
    assert tree(document) == nodes and projection(document) == before


def activated(document, node):
    """Selects a layer; what Krita has added last it selects by itself, some time later."""
    steady, end = 0, time.monotonic() + 20
    while steady < 5:
        assert time.monotonic() < end, "the layer could not be selected"
        steady = steady + 1 if document.activeNode() == node else 0
        if not steady:
            document.setActiveNode(node)
        yield


def tree(document):
    def under(node):
        return [(child.name(), child.visible(), under(child)) for child in node.childNodes()]

    return under(document.rootNode())


def looks(change, alone):
    def test():
        document, node = yield from stacked(alone=alone)
        node = change(document, node) or node
        document.refreshProjection()
        document.waitForDone()
        data = pixels(node, 16, 12)
        yield from replaced(document, node, "identity-x1", projection(document))
        halved = bytes(byte if i % 4 == 3 else byte // 2 for i, byte in enumerate(data))
        node.setPixelData(halved, 0, 0, 16, 12)
        expected = projection(document)
        node.setPixelData(data, 0, 0, 16, 12)
        yield from replaced(document, node, "half-x1", expected)

    return test


for change in LOOKS:
    for alone in (
        (False, True) if change in (set_half_opacity, set_transparency_mask, set_copying) else (False,)
    ):
        globals()[f"test_composited_{change.__name__}{'_alone' * alone}"] = looks(change, alone)


def test_a_picture_of_one_half_opaque_layer_grows():
    document, node = yield from stacked(alone=True)
    node.setOpacity(128)
    before = projection(document)
    last("upscale", {"scale": 2.0, "model": model("identity-x2")})
    later("unfade_repeat")
    yield from until(lambda: document.nodeByName("layer (Upscale)"), "Upscale")
    after = projection(document)
    for y in range(24):
        for x in range(32):
            old = (y // 2 * 16 + x // 2) * 4
            assert after[(y * 32 + x) * 4 : (y * 32 + x) * 4 + 4] == before[old : old + 4], (x, y)


def test_only_a_multiplied_layer_grows():
    document, node = yield from stacked()
    node.setBlendingMode("multiply")
    document.setActiveNode(node)
    yield from until(lambda: document.activeNode() == node, "selecting")
    last("upscale", {"scale": 2.0, "model": model("identity-x2")}, whole=False)
    later("unfade_repeat")
    yield from until(lambda: document.nodeByName("top (Upscale)"), "Upscale")
    # On white, multiplied is what the layer is: its middle half, twice as large.
    after = projection(document)
    for y in range(12):
        for x in range(16):
            old = ((y + 6) // 2 * 16 + (x + 8) // 2) * 4
            assert after[(y * 16 + x) * 4 : (y * 16 + x) * 4 + 3] == COLOURS[old : old + 3], (x, y)


# Colour spaces

WIDE = [0.05, 0.9, 0.05, 1.0, 4.0, 2.0, 1.5, 1.0, -0.2, 0.1, 0.333, 1.0, 1e-5, 0.0, 1.0, 1.0]


def floats(depth, values):
    return struct.pack(f"={len(values)}{'e' if depth == 'F16' else 'f'}", *values)


def unchanged(depth, profile, data, colour="RGBA", part=False, sides=(16, 12)):
    """With a model that changes nothing, no byte of the layer changes; nor outside a selection, ever."""
    document, node = yield from created(depth, profile, data, model=colour, sides=sides)
    if part:
        selection = Selection()
        selection.select(2, 2, 4, 4, 255)
        selection.add(partly(6, 2, 2, 4))
        document.setSelection(selection)
    before = pixels(node, *sides)
    last("deartifact", {"model": model("identity-x1")})
    later("unfade_repeat")
    yield from until(lambda: document.nodeByName("layer (De-artifact)") or message(), "De-artifact")
    assert message() is None, message()
    new = document.nodeByName("layer (De-artifact)")
    assert (new.colorModel(), new.colorDepth(), new.colorProfile()) == (colour, depth, profile)
    after = pixels(new, *sides)
    assert after == before, next((i, a, b) for i, (a, b) in enumerate(zip(before, after)) if a != b)
    document.setModified(False)
    document.close()


def test_what_is_painted_meanwhile_and_what_is_not_selected_stay():
    """The window works on what is selected; its result is of pixels that are gone, and is made anew."""
    document = yield from opened("photo.png")
    node = document.topLevelNodes()[0]
    selection = Selection()
    selection.select(100, 60, 80, 50, 255)
    document.setSelection(selection)
    regions, ask, run = [], unfade.UNFADE.ask, unfade.UNFADE.run

    def asked(*arguments):
        result, steps = ask(*arguments)
        regions.append(result.region)
        return result, steps

    def ran(*arguments):
        regions.append((result := run(*arguments)).region)
        return result

    unfade.UNFADE.ask, unfade.UNFADE.run = asked, ran
    try:
        later("unfade_deartifact")
        yield from until(lambda: len(preview_windows()) > 1, "the preview window", 90)
        for _ in range(60):
            yield
        screenshot("krita-preview-selection")
        (window,) = (each for each in preview_windows() if name_of(each).startswith("Background - "))
        assert "photo" in name_of(window)
        assert above(window) == int(KRITA.activeWindow().qwindow().winId())
        node.setPixelData(bytes([30, 200, 10, 255]) * (340 * 80), 0, 0, 340, 80)
        painted = pixels(node, 340, 240)
        press(window, "ctrl+Return")
        yield from until(lambda: document.nodeByName("Background (De-artifact)"), "De-artifact", 120)
    finally:
        del unfade.UNFADE.ask, unfade.UNFADE.run
    assert regions == [(60, 100, 50, 80)] * 2, regions
    after = pixels(document.nodeByName("Background (De-artifact)"), 340, 240)
    for y in range(240):
        row, old = after[y * 1360 : y * 1360 + 1360], painted[y * 1360 : y * 1360 + 1360]
        if not 60 <= y < 110:
            assert row == old, y
        assert row[:400] == old[:400] and row[720:] == old[720:], y
    assert after != painted
    inside = [after[(y * 340 + x) * 4 + 1] for y in range(62, 70) for x in range(110, 170)]
    assert min(inside) > 150, min(inside)  # the result is of the green that was painted


def partly(x, y, width, height):
    selection = Selection()
    selection.select(x, y, width, height, 128)
    return selection


def test_every_profile_comes_back_to_the_last_bit():
    noise = bytes(255 if i % 4 == 3 else (37 * i) % 256 for i in range(16 * 12 * 4))
    deep = array("H", (65535 if i % 4 == 3 else (2311 * i) % 65536 for i in range(16 * 12 * 4))).tobytes()
    gray = array("H", (65535 if i % 2 else (2311 * i) % 65536 for i in range(16 * 12 * 2))).tobytes()
    wide, linear = floats("F32", WIDE * 48), "Gray-D50-elle-V2-g10.icc"
    for part in (False, True):  # ProPhoto, Adobe RGB, Rec2020, sRGB's light
        yield from unchanged("U8", "LargeRGB-elle-V2-g22.icc", noise, part=part)
        yield from unchanged("U16", "ClayRGB-elle-V2-g22.icc", deep, part=part)
        yield from unchanged("F16", "Rec2020-elle-V4-g10.icc", floats("F16", WIDE * 48), part=part)
        yield from unchanged("F32", "Rec2020-elle-V4-g10.icc", wide, part=part)
    yield from unchanged("F32", LINEAR, wide)
    yield from unchanged("U16", linear, gray, colour="GRAYA")


def test_a_highlight_stays_when_the_picture_changes_and_grows():
    document, _ = yield from created("F32", LINEAR, floats("F32", [4.0, 2.0, 1.5, 1.0] * (16 * 12)))
    last("deartifact", {"model": model("half-x1")})
    later("unfade_repeat")
    yield from until(lambda: document.nodeByName("layer (De-artifact)"), "De-artifact")
    after = array("f", pixels(document.nodeByName("layer (De-artifact)"), 16, 12))
    # Of the values on sRGB's curve (1.824, 1.353, 1.194) goes half of what the network sees, which is 1.
    near(after[:4], [1.904, 0.698, 0.440, 1.0], 1e-3)
    document.setModified(False)
    document.close()
    document, _ = yield from created("F32", LINEAR, floats("F32", [4.0, 2.0, 1.5, 1.0] * (16 * 12)))
    last("upscale", {"model": model("identity-x2")})
    later("unfade_repeat")
    yield from until(lambda: document.nodeByName("layer (Upscale)"), "Upscale")
    after = array("f", pixels(document.nodeByName("layer (Upscale)"), 32, 24))
    worst = max(abs(a - b) for a, b in zip(after, [4.0, 2.0, 1.5, 1.0] * (32 * 24)))
    assert worst < 1e-4, (worst, after[:4])


def test_what_cannot_come_back_is_refused_before_anything_runs():
    inks, lab = [20, 30, 40, 50, 255], [50000, 30000, 20000, 65535]
    for colour, depth, sample in (("CMYKA", "U8", inks), ("LABA", "U16", lab)):
        data = array("B" if depth == "U8" else "H", sample * (16 * 12)).tobytes()
        document, node = yield from created(depth, KRITA.profiles(colour, depth)[0], data, model=colour)
        last("deartifact", {"model": model("identity-x1")})
        yield from refused("neither RGB nor gray")
        yield from refused("neither RGB nor gray", "unfade_upscale")
        assert pixels(node, 16, 12) == data
        document.setModified(False)
        document.close()


def test_the_profile_itself_is_sent():
    document, node = yield from created("U8", "ClayRGB-elle-V2-g22.icc", COLOURS)
    sent = layers.Layer.of(node).read()
    document.exportImage(str(FOLDER / "clay.kra"), InfoObject())
    with zipfile.ZipFile(FOLDER / "clay.kra") as archive:
        name = next(each for each in archive.namelist() if each.endswith("annotations/icc"))
        assert sent.icc == archive.read(name) and sent.icc[36:40] == b"acsp"
    assert layers.Layer.of(node).read().icc is sent.icc


def test_the_resolution_is_kept():
    document, _ = yield from stacked()
    document.setXRes(254.7)
    document.setYRes(254.7)
    last("upscale", {"scale": 2.0, "model": model("identity-x2")})
    later("unfade_repeat")
    yield from until(lambda: document.width() == 32, "Upscale")
    yield from until(lambda: names(document)[-1] == "Upscale", "Upscale")
    assert abs(document.xRes() - 254.7) < 1e-3 and abs(document.yRes() - 254.7) < 1e-3, document.xRes()


def test_a_locked_group_is_named():
    document, node = yield from stacked()
    inside = grouped(document, node, False)
    inside.parentNode().setLocked(True)
    document.setActiveNode(inside)
    yield from until(lambda: document.activeNode() == inside, "selecting")
    last("deartifact", {"model": model("half-x1")})
    yield from refused("The group set is locked")


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
    spaces = [layers.Space("RGBA", "U16", profile) for profile in (SRGB, clay)]
    deep = array("H", (value * 257 for value in data)).tobytes()
    in_clay = b"".join(layers.converted([deep], 16, 12, *spaces))
    document, _ = yield from created("U16", clay, in_clay)
    new = yield from colourised(document, {})
    back = array("H", b"".join(layers.converted([pixels(new, 16, 12)], 16, 12, *spaces[::-1])))
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
    yield from activated(document, group)
    yield from refused("has no pixels of its own")
    set_transparency_mask(document, node)
    yield from activated(document, node.childNodes()[0])
    yield from refused("mask is not a paint layer")
    yield from activated(document, node)
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


def test_a_dying_engine_leaves_the_picture_alone():
    data = os.urandom(4000) * 12000
    document = yield from large_document(data)
    usual = unfade.UNFADE._command
    for seconds, dying in dying_engines(FOLDER, usual[0]):
        unfade.UNFADE._command = [dying, *usual[1:]]
        last("upscale", {"scale": 2.0})
        later("unfade_repeat")
        yield from until(message, f"the sentence of an engine that died after {seconds} s")
        said = message()
        close_message()
        unfade.UNFADE._command = usual
        yield from until(lambda: not working(), "the end")
        assert SAID in said, (seconds, said)
        (layer,) = document.topLevelNodes()
        assert document.width() == 4000 and pixels(layer, 4000, 3000) == data, seconds
    document.setModified(False)
    document.close()


SHAPE = """<svg xmlns="http://www.w3.org/2000/svg" width="16pt" height="12pt" viewBox="0 0 16 12">
<rect x="4" y="3" width="8" height="6" fill="#ff0000"/></svg>"""


def grown_with_a_vector_layer(resolution, steps):
    """Shapes are measured in inches; and Krita's own scaling takes whole numbers for the resolution."""
    data = bytes(byte if i % 4 != 3 else 255 for i, byte in enumerate(os.urandom(16 * 12 * 4)))
    document, node = yield from created("U8", SRGB, data)
    document.setXRes(resolution)
    document.setYRes(resolution)
    drawn = document.createVectorLayer("drawn")
    document.rootNode().addChildNode(drawn, node)
    assert drawn.addShapesFromSvg(SHAPE)
    yield from until(lambda: document.activeNode() == drawn, "Krita's own selecting")
    document.setActiveNode(node)
    yield from until(lambda: document.activeNode() == node, "selecting")
    before, bounds = projection(document), drawn.shapes()[0].boundingBox()
    last("upscale", {"model": model("identity-x2")})
    told, enlarge = [], unfade.enlarge
    unfade.enlarge = lambda *arguments: told.append(enlarge(*arguments)) or told[-1]
    later("unfade_repeat")
    yield from until(lambda: message() or (told and not working()), "Upscale")
    unfade.enlarge = enlarge
    assert message() is None, message()
    assert told == [steps], told
    grown = next(each for each in document.topLevelNodes() if each.type() == "vectorlayer" and each.visible())
    larger = grown.shapes()[0].boundingBox()
    for found in (document.xRes(), document.yRes()):
        assert abs(found - resolution) < 0.0127, found
    for side in ("x", "y", "width", "height"):  # in pixels
        expected = 2 * getattr(bounds, side)() * resolution
        found = getattr(larger, side)() * document.xRes()
        assert abs(found - expected) < 1e-5 * expected, (side, bounds, larger)
    yield from undone(
        document,
        lambda: (
            document.width() == 16
            and names(document) == ["layer", "drawn"]
            and abs(document.xRes() - resolution) < 1e-6
        ),
        steps,
    )
    assert pixels(document.topLevelNodes()[0], 16, 12) == data
    yield from until(lambda: projection(document) == before, "drawing the shape, which Krita puts off")
    document.setModified(False)
    document.close()


def test_a_vector_layer_grows_with_the_picture_and_undo_brings_all_back():
    yield from grown_with_a_vector_layer(72.009, 2)


def test_a_vector_layer_in_a_picture_whose_resolution_is_no_whole_number():
    yield from grown_with_a_vector_layer(254.7, 4)


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
