"""Runs inside GIMP with its window: the menu entries by keyboard, the result, Ctrl+Z, and screenshots.

UNFADE_TEST_FOLDER holds photo.png, and what the command line made of it, photo-2.png; screenshots go there.
The last line is "N passed, M failed".
"""

import json
import os
import subprocess
import sys
import time
import traceback
from contextlib import contextmanager
from pathlib import Path

import gi

for name, version in (("Gimp", "3.0"), ("Gegl", "0.4")):
    gi.require_version(name, version)
from gi.repository import Gegl, Gimp, Gio

FOLDER = Path(os.environ["UNFADE_TEST_FOLDER"])
sys.path.append(str(FOLDER.parent / "suite"))
from screen import above, name_of, press, preview_windows, windows

SCREEN = ("1280", "780")
CANCEL = ("1000", "781")
"""Where GIMP's status bar has its button while a filter runs."""


def keys(*names):
    subprocess.run(["xdotool", "key", "--delay", "60", *names], check=True)


def choose(entry):
    """An entry through GIMP's own search for actions, as a user may do."""
    keys("slash")
    time.sleep(1.5)
    subprocess.run(["xdotool", "type", "--delay", "40", entry], check=True)
    time.sleep(2.5)
    keys("Down")
    time.sleep(0.3)
    keys("Return")


def screenshot(name):
    time.sleep(0.7)
    subprocess.run(["import", "-window", "root", str(FOLDER / f"{name}.png")], check=True)


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            screenshot("failure")
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.2)


def load(name):
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(FOLDER / name)))


def size(image):
    return image.get_width(), image.get_height()


def pixels(image):
    layer = image.get_layers()[0]
    everything = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
    return bytes(layer.get_buffer().get(everything, 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE))


@contextmanager
def opened():
    """photo.png in a window of its own."""
    image = load("photo.png")
    display = Gimp.Display.new(image)
    Gimp.displays_flush()
    wait_for(editor_windows, "GIMP's window")
    time.sleep(2)
    for window in editor_windows():
        subprocess.run(["xdotool", "windowmove", window, "0", "0", "windowsize", window, *SCREEN], check=True)
    time.sleep(1)
    yield image
    display.delete()


def editor_windows():
    """GIMP's own on the screen."""
    return windows("GIMP$")


def engines():
    """The engines that run now."""
    found = subprocess.run(
        ["pgrep", "-f", "^/opt/unfade/.* -m unfade serve"], capture_output=True, text=True, check=False
    )
    return found.stdout.split()


def in_the_preview(key, picture):
    """Waits for the window, takes its picture, and presses a key in it."""
    wait_for(preview_windows, "the preview window", 90)
    time.sleep(5)
    screenshot(picture)
    press(preview_windows()[0], key)


def test_upscale_from_the_menu_undo_redo():
    with opened() as image:
        expected = load("photo-2.png")
        before, small, large = pixels(image), size(image), size(expected)
        keys("alt+r", "h")  # Filters > Enhance
        time.sleep(1)
        keys("f")  # > Unfade
        time.sleep(1)
        screenshot("gimp-menu")
        keys("u")  # > Upscale...
        in_the_preview("ctrl+Return", "gimp-preview")
        wait_for(lambda: size(image) == large, "Upscale")
        time.sleep(1)
        assert pixels(image) == pixels(expected), "the window's result is not the command line's"
        screenshot("gimp-upscaled")
        keys("ctrl+z")
        wait_for(lambda: size(image) == small, "Ctrl+Z")
        assert pixels(image) == before, "one Ctrl+Z does not bring the pixels back"
        keys("ctrl+y")
        wait_for(lambda: size(image) == large, "Ctrl+Y")
        assert pixels(image) == pixels(expected), "Ctrl+Y does not bring the result back"
        expected.delete()


def questions():
    return windows("^Unfade$")


def asked(answer, canvas, sides):
    """Enlarges one layer of two, answers the question, and looks at the sizes."""
    with opened() as image:
        kind = (Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
        small = Gimp.Layer.new(image, "small", 20, 10, *kind)
        image.insert_layer(small, None, 0)
        Gimp.displays_flush()
        choose("Enlarge pictures")
        in_the_preview("ctrl+Return", "gimp-preview-layer")
        wait_for(questions, "the question")
        time.sleep(1)
        screenshot("gimp-question")
        keys(answer)
        wait_for(lambda: not questions(), "the end of the question")
        time.sleep(3)
        wait_for(lambda: size(image) == canvas, f"the answer {answer}")
        assert size(small) == sides, answer
        if answer != "Escape":
            keys("ctrl+z")
            wait_for(lambda: (*size(small), size(image)[0]) == (20, 10, 340), "one Ctrl+Z")


def test_the_picture_or_the_layer_is_asked():
    asked("alt+l", (340, 240), (40, 20))
    asked("alt+p", (680, 480), (40, 20))
    asked("Escape", (340, 240), (20, 10))


def test_what_is_painted_meanwhile_and_what_is_not_selected_stay():
    """The preview's result is of pixels that are there no longer: it is made anew, of what is selected."""
    with opened() as image:
        layer = image.get_layers()[0]
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 60, 80, 50)
        before = pixels(image)
        choose("Take JPEG artifacts")
        wait_for(preview_windows, "the preview window", 90)
        time.sleep(6)
        screenshot("gimp-preview-selection")
        (window,) = preview_windows()
        assert name_of(window).startswith(f"{layer.get_name()} - {image.get_name()}"), name_of(window)
        editor = editor_windows()
        assert str(above(window)) in editor, (above(window), editor)
        buffer = layer.get_buffer()
        buffer.set(Gegl.Rectangle.new(0, 0, 340, 80), "R'G'B' u8", bytes([10, 200, 30]) * (340 * 80))
        buffer.flush()
        layer.update(0, 0, 340, 80)
        painted = pixels(image)
        press(window, "ctrl+Return")
        wait_for(lambda: pixels(image) != painted, "De-artifact", 90)
        time.sleep(2)
        after = pixels(image)
        for y in range(240):
            row, old = after[y * 1020 : y * 1020 + 1020], painted[y * 1020 : y * 1020 + 1020]
            if not 60 <= y < 110:
                assert row == old, y
            assert row[:300] == old[:300] and row[540:] == old[540:], y
        assert after != before
        # Where green was painted, the result is of green, not of what was there when the window opened.
        inside = [after[(y * 340 + x) * 3 + 1] for y in range(62, 70) for x in range(110, 170)]
        assert min(inside) > 150, min(inside)


def test_a_closed_window_changes_nothing():
    with opened() as image:
        before = pixels(image)
        choose("Enlarge pictures")
        in_the_preview("alt+F4", "gimp-preview-closed")
        wait_for(lambda: not preview_windows(), "the end of the window")
        time.sleep(1)
        screenshot("gimp-closed")
        assert pixels(image) == before


def test_a_sentence_in_gimps_own_message_box():
    with opened() as image:
        before = pixels(image)
        image.get_layers()[0].set_lock_content(True)
        choose("Enlarge pictures")
        time.sleep(4)
        screenshot("gimp-sentence")
        keys("Escape")
        assert pixels(image) == before


def test_cancel_within_a_second():
    with opened() as image:
        image.scale(4000, 3000)
        Gimp.displays_flush()
        recipe = {"steps": [{"filter": "upscale", "options": {}}], "whole_picture": True}
        data = json.dumps(recipe).encode()
        Gimp.attach_parasite(Gimp.Parasite.new("unfade-last", Gimp.PARASITE_PERSISTENT, data))
        choose("Runs the last of")
        wait_for(engines, "the start of the engine")
        time.sleep(4)
        screenshot("gimp-progress")
        subprocess.run(["xdotool", "mousemove", *CANCEL, "click", "1"], check=True)
        start = time.monotonic()
        wait_for(lambda: not engines(), "the end of the engine")
        took = time.monotonic() - start
        assert took < 1.5, f"Cancel took {took:.1f} s"
        time.sleep(1)
        assert size(image) == (4000, 3000), "the picture was changed"


def main():
    passed = failed = 0
    wanted = os.environ.get("UNFADE_TEST_ONLY", "")
    for name, test in list(globals().items()):
        if not name.startswith("test_") or wanted not in name:
            continue
        try:
            test()
            passed += 1
            print(f"ok   {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)


main()
