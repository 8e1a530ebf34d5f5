"""What Unfade adds to a filter inside GIMP: a large layer through its procedure, less the filter's time.

Runs inside GIMP where the plug-in is installed (unfade install gimp), with a model that only repeats pixels:

    python -c "import pathlib, tests.models as m; m.identity_model(pathlib.Path('repeat.onnx'), 2)"
    UNFADE_BENCH_MODEL=$PWD/repeat.onnx gimp-console -n -i -d -f --no-splash \\
        --batch-interpreter=python-fu-eval -b "exec(open('bench/round_trip_gimp.py').read())" --quit

UNFADE_BENCH_FILTER=deartifact measures a filter that keeps the size, with a model that changes nothing:
identity_model(pathlib.Path('same.onnx'), 1, task="deartifact").

UNFADE_BENCH_SELECTION=large.jpg compares instead, by turns, a run through the window on 300 x 250 feathered
pixels of a JPEG (from the press of Apply, UNFADE_BENCH_WAIT seconds after the window is there, eight unless
set) with Repeat last on it:

    python -c "from PIL import Image as I; \\
        I.open('examples/shepherd.webp').resize((3000, 2000)).save('large.jpg', quality=40)"
    UNFADE_BENCH_SELECTION=$PWD/large.jpg UNFADE_BENCH_MODEL=deartifact UNFADE_BENCH_FILTER=deartifact \\
        xvfb-run sh -c 'openbox & gimp -n --no-splash --batch-interpreter=... -b ... --quit'

All times are seconds. "added" is the whole call less what the engine's log says the filter took in it; beside
it, with the same layer and the same client, what the start of an engine takes, and the crossing ("pipe").
The least of several runs says most on a machine that does other things.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, Gio  # noqa: E402

sys.path.append(str(Path(Gimp.directory()) / "plug-ins" / "unfade"))
import unfade_editor  # noqa: E402

SIDES = (6000, 4000)
SELECTION = os.environ.get("UNFADE_BENCH_SELECTION")
MODEL = os.environ["UNFADE_BENCH_MODEL"]
FILTER = os.environ.get("UNFADE_BENCH_FILTER", "upscale")
ROUNDS = int(os.environ.get("UNFADE_BENCH_ROUNDS", "3"))
FORMAT = "R'G'B'A u8"


def layer_of(image, noise):
    kind = (Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    layer = Gimp.Layer.new(image, "large", *SIDES, *kind)
    image.insert_layer(layer, None, 0)
    buffer = layer.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, *SIDES), FORMAT, noise)
    buffer.flush()
    return layer


def whole_call(noise):
    """Seconds of the procedure, from the call to its return, and of the filter in it."""
    log, read = log_file(), 0
    if log.exists():
        read = log.stat().st_size
    image = Gimp.Image.new(*SIDES, Gimp.ImageBaseType.RGB)
    layer = layer_of(image, noise)
    procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-unfade-{FILTER}")
    config = procedure.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", [layer])
    config.set_property("model", MODEL)
    begun = time.perf_counter()
    status = procedure.run(config).index(0)
    took = time.perf_counter() - begun
    assert status == Gimp.PDBStatusType.SUCCESS, Gimp.get_pdb().get_last_error()
    assert layer.get_width() == (2 if FILTER == "upscale" else 1) * SIDES[0]
    image.delete()
    text = log.read_bytes()[read:].decode()
    return took, float(re.findall(r" took ([0-9.]+) s, ", text)[-1])


def log_file():
    """The engine's."""
    with unfade_editor.Unfade(Path(Gimp.directory()) / "plug-ins" / "unfade").engine() as engine:
        return Path(engine.hello["log"])


def engine_alone(noise):
    """Seconds of the engine's start and of the crossing."""
    unfade = unfade_editor.Unfade(Path(Gimp.directory()) / "plug-ins" / "unfade")
    begun = time.perf_counter()
    with unfade.engine() as engine:
        started = time.perf_counter()
        result = engine.apply(FILTER, {"model": MODEL}, *SIDES, 4, "u8", noise)
        done = time.perf_counter()
    return started - begun, done - started - result.seconds


PRESS = """window=$(xdotool search --sync --onlyvisible --name ' Unfade$' | head -1)
sleep ${UNFADE_BENCH_WAIT:-8}; date +%s.%N
xdotool windowactivate --sync $window key ctrl+Return"""


def selected_part(path):
    """Seconds of a run through the window from Apply on, and of Repeat last, on a small selection."""
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
    (layer,) = image.get_layers()
    Gimp.Display.new(image)
    Gimp.context_set_feather(True)
    Gimp.context_set_feather_radius(20, 20)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 1400, 900, 300, 250)
    recipe = {"steps": [{"filter": FILTER, "options": {"model": MODEL}}], "whole_picture": True}
    data = json.dumps(recipe).encode()
    took = []
    for name, mode in ((FILTER, Gimp.RunMode.INTERACTIVE), ("repeat", Gimp.RunMode.NONINTERACTIVE)):
        Gimp.attach_parasite(Gimp.Parasite.new("unfade-last", Gimp.PARASITE_PERSISTENT, data))
        procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-unfade-{name}")
        config = procedure.create_config()
        config.set_property("run-mode", mode)
        config.set_property("image", image)
        config.set_core_object_array("drawables", [layer])
        if name == FILTER:
            config.set_property("model", MODEL)
        with tempfile.TemporaryFile("w+") as said:
            pressing = subprocess.Popen(["sh", "-c", PRESS], stdout=said) if name == FILTER else None
            begun = time.time()
            status = procedure.run(config).index(0)
            ended = time.time()
            if pressing is not None:
                pressing.wait()
                said.seek(0)
                begun = float(said.read().split()[-1])
        assert status == Gimp.PDBStatusType.SUCCESS, Gimp.get_pdb().get_last_error()
        took.append(ended - begun)
    return took


def main():
    if SELECTION:
        print("| window, from Apply | Repeat last | ratio |\n|---|---|---|", flush=True)
        for _ in range(ROUNDS):
            window, repeat = selected_part(SELECTION)
            print(f"| {window:.2f} | {repeat:.2f} | {window / repeat:.2f} |", flush=True)
        return
    row = bytearray(os.urandom(SIDES[0] * 4))
    row[3::4] = b"\xff" * SIDES[0]  # opaque, as photographs are
    noise = bytes(row) * SIDES[1]
    print("| whole call | filter | added | start | pipe |\n|---|---|---|---|---|", flush=True)
    for _ in range(ROUNDS):
        whole, filter = whole_call(noise)
        start, pipe = engine_alone(noise)
        print(f"| {whole:.2f} | {filter:.2f} | {whole - filter:.2f} | {start:.2f} | {pipe:.2f} |", flush=True)


main()
