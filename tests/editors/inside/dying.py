"""An engine that dies at a chosen moment of a filter's run."""

import os

KILLS = int(os.environ.get("UNFADE_TEST_KILLS") or 1)
SPAN = 6.0
"""Seconds from the engine's start, of which the moments are even parts: start-up, the way of the pixels, the
network."""
SAID = "stopped unexpectedly" if KILLS == 1 else "engine"
"""In the sentence that follows: one that dies early did not start."""


def dying_engines(folder, python):
    """Interpreters whose process is killed at :data:`KILLS` moments: (seconds, path), one after the other."""
    for number in range(KILLS):
        seconds = SPAN * (2 / 3 if KILLS == 1 else (number + 0.5) / KILLS)
        script = folder / f"dying-{number}"
        script.write_text(
            f"#!{python}\nimport os, subprocess, sys, threading\n"
            f"engine = subprocess.Popen([{python!r}, *sys.argv[1:]])\n"
            f"threading.Timer({seconds}, engine.kill).start()\nos._exit(engine.wait() != 0)\n"
        )
        script.chmod(0o755)
        yield seconds, str(script)
