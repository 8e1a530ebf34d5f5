"""The screen that the editors are tested on: windows and their properties, by xdotool and Xlib."""

import ctypes
import subprocess


def said(*command):
    """What xdotool prints; nothing where it finds nothing."""
    done = subprocess.run(["xdotool", *command], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")  # Krita's Python believes that all is ASCII


def windows(pattern):
    """The visible ones, by a pattern for their names."""
    return said("search", "--onlyvisible", "--name", pattern).split()


def preview_windows():
    """Unfade's."""
    return windows("Unfade$")


def name_of(window):
    return said("getwindowname", window).strip()


def press(window, key):
    subprocess.run(["xdotool", "windowactivate", "--sync", window, "key", key], check=True)


def above(window):
    """The number of the window that this one stays above."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display, found = ctypes.c_void_p(x11.XOpenDisplay(None)), ctypes.c_ulong()
    x11.XGetTransientForHint(display, ctypes.c_ulong(int(window)), ctypes.byref(found))
    return found.value
