"""The client on its own: starting an engine in a hostile place, and engines that misbehave."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import unfade
from tests.unit.service.conftest import Start, picture, shape_of
from unfade.service import client as module
from unfade.service.client import Client, EngineError
from unfade.service.server import NICENESS

FILE = Path(module.__file__)


def fake(*hello: object, then: str = "time.sleep(60)", before: str = "") -> list[str]:
    """A program that says hello, or something else, and does no more."""
    said = "".join(
        f"t = {json.dumps(message)!r}.encode(); o.write(len(t).to_bytes(4, 'big') + t); " for message in hello
    )
    return [sys.executable, "-c", f"import sys, time; o = sys.stdout.buffer; {before}{said}o.flush(); {then}"]


HELLO = {"type": "hello", "protocol": 1, "version": "0.1"}


def test_it_needs_the_standard_library_only() -> None:
    names = set()
    for node in ast.walk(ast.parse(FILE.read_text(encoding="utf-8"), feature_version=(3, 9))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(str(node.module))
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_the_editors_own_variables_and_folders_do_not_reach_the_engine(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("numpy.py", "unfade.py"):
        (tmp_path / name).write_text("raise ImportError('the editor has its own')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    assert start().hello["version"] == unfade.__version__


def test_no_such_program() -> None:
    with pytest.raises(EngineError, match="there is no program /nowhere/python: install Unfade") as failure:
        Client("/nowhere/python")
    assert failure.value.kind == "start"


def test_a_python_without_unfade(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    with pytest.raises(
        EngineError, match=r"did not start \(exit code 1\): .*No module named unfade"
    ) as failure:
        Client(str(bare / "bin" / "python"))
    assert failure.value.kind == "start"
    assert "No module named unfade" in failure.value.details


def test_an_engine_that_does_not_say_hello() -> None:
    begun = time.monotonic()
    with pytest.raises(EngineError, match=r"did not start within 0\.5 seconds") as failure:
        Client(fake(), start_timeout=0.5)
    assert failure.value.kind == "start"
    assert time.monotonic() - begun < 5


def test_an_engine_of_another_protocol() -> None:
    with pytest.raises(EngineError, match=r"does not fit the installed Unfade 9\.0") as failure:
        Client(fake({"type": "hello", "protocol": 2, "version": "9.0"}, then="sys.stdin.read()"))
    assert failure.value.kind == "protocol"


def test_an_engine_that_speaks_no_frames() -> None:
    with pytest.raises(EngineError, match="did not start") as failure:
        Client([sys.executable, "-c", "print('Welcome to Python!' * 100)"])
    assert failure.value.kind == "start"


def test_an_engine_that_falls_silent() -> None:
    with Client(fake(HELLO), timeout=0.5) as client, pytest.raises(EngineError, match="no sign of life"):
        client.list()


def test_an_engine_that_takes_no_pixels() -> None:
    source = picture(1500, 1500, 4)
    begun = time.monotonic()
    with Client(fake(HELLO), timeout=0.5) as client, pytest.raises(EngineError) as failure:
        client.apply("upscale", {}, *shape_of(source), source)
    assert failure.value.kind == "timeout"
    assert time.monotonic() - begun < 10


def test_an_engine_whose_frame_breaks_the_reader() -> None:
    deep = "t = b'[' * 200_000; o.write(len(t).to_bytes(4, 'big') + t); o.flush(); time.sleep(60)"
    begun = time.monotonic()
    with Client(fake(HELLO, then=deep)) as client, pytest.raises(EngineError) as failure:
        client.list()
    assert failure.value.kind == "died"
    assert time.monotonic() - begun < 10


def test_what_a_dying_engine_wrote_is_kept() -> None:
    dying = fake(HELLO, then="sys.stdin.buffer.read(4); sys.exit('out of luck')")
    with Client(dying) as client, pytest.raises(EngineError, match=r"\(exit code 1\)") as failure:
        client.list()
    assert failure.value.kind == "died"
    assert failure.value.details == "out of luck\n"


WINDOW = """#!{python}
import json, sys, time
from unfade.service.protocol import read_header
def send(header, data=b""):
    text = json.dumps({{**header, "payload": len(data)}}).encode()
    sys.stdout.buffer.write(len(text).to_bytes(4, "big") + text + data)
    sys.stdout.buffer.flush()
assert sys.argv[1:] == ["-m", "unfade", "preview", "--host", "--device", "cpu"], sys.argv
send({{"type": "hello", "protocol": 1, "version": "0.1", "max_header": 1000}})
header, _ = read_header(sys.stdin.buffer)
assert header["title"] == "Layer 1", header
_, payload = read_header(sys.stdin.buffer)
pixels = sys.stdin.buffer.read(payload)
time.sleep(1)
step = {{"filter": header["filter"], "options": {{"scale": 1}}}}
send({{**{result!r}, "id": header["id"], "image": header["image"], "recipe": {{"steps": [step]}}}})
send({{"type": "pixels", "id": header["id"]}}, pixels[:7])
send({{"type": "mask", "id": header["id"]}}, b"mask")
send({{"type": "pixels", "id": header["id"]}}, pixels[7:])
sys.stdin.buffer.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows starts no scripts by their first line")
def test_a_window_may_take_its_time(tmp_path: Path) -> None:
    result: dict[str, object] = {
        "type": "result",
        "pixels": 12,
        "mask": True,
        "exact": True,
        "model": "m",
        "provider": "p",
    }
    result |= {"provider_label": "P", "fallback": None, "seconds": 1, "engine_seconds": 1}
    program = tmp_path / "python"
    program.write_text(WINDOW.format(python=sys.executable, result=result))
    program.chmod(0o755)
    pixels = bytes(range(12))
    with Client(str(program), ["--device", "cpu"], window=True, timeout=0.2) as window:
        answer = window.apply("upscale", {}, 2, 2, 3, "u8", pixels, title="Layer 1")
        assert answer.pixels == pixels
        assert answer.mask == bytearray(b"mask")
        assert answer.recipe == {"steps": [{"filter": "upscale", "options": {"scale": 1}}]}
        with pytest.raises(EngineError, match="too many hints or strokes") as failure:
            window.apply("upscale", {"x": "x" * 1000}, 2, 2, 3, "u8", pixels)
        assert failure.value.kind == "usage"


def test_an_engine_that_does_not_end_is_ended() -> None:
    client = Client(fake(HELLO, before="import signal; signal.signal(15, signal.SIG_IGN); "))
    begun = time.monotonic()
    client.close(timeout=0.5)
    assert time.monotonic() - begun < 5
    with pytest.raises(ChildProcessError):
        os.waitpid(client.pid, os.WNOHANG)


def test_an_editor_that_dies_takes_the_engine_with_it(environment: dict[str, str]) -> None:
    code = (
        "import os, sys; from unfade.service.client import Client; "
        "c = Client(sys.executable); print(c.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    engine = int(done.stdout)
    for _ in range(100):
        if not running(engine):
            return
        time.sleep(0.05)
    pytest.fail("the engine still runs")


def running(pid: int) -> bool:
    """Whether a process that is not our child runs; one that waits to be reaped by another does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def interpreter(version: str) -> str | None:
    """A Python of that version which runs."""
    name = f"python{version}"
    found = [shutil.which(name), *Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}")]
    for path in filter(None, found):
        if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
            return str(path)
    return None


SCRIPT = """
import hashlib, sys
from unfade_client import Client, EngineError
with Client(sys.argv[1], ["--device", "cpu"]) as engine:
    calls = []
    pixels = bytes(range(256)) * 300
    result = engine.apply("upscale", {"model": "net"}, 160, 120, 4, "u8", pixels,
                          on_progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (1, 1), calls
    engine.store("a", 160, 120, 4, "u8", iter([pixels[:1000], pixels[1000:]]))
    assert engine.submit_stored("upscale", {"model": "net"}, "a").result().pixels == result.pixels
    try:
        engine.apply("upscale", {"scale": 7}, 160, 120, 4, "u8", pixels)
    except EngineError as error:
        print(error)
    print(result.width, result.height, hashlib.sha256(result.pixels).hexdigest())
"""


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13", "3.14"])
def test_it_runs_on_the_editors_python(version: str, environment: dict[str, str], tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    shutil.copy(FILE, tmp_path / "unfade_client.py")
    done = subprocess.run(
        [python, "-W", "error", "-c", SCRIPT, sys.executable],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    source = np.frombuffer(bytes(range(256)) * 300, np.uint8).reshape(120, 160, 4)
    expected = unfade.upscale(source, model="net", device="cpu").pixels.tobytes()
    refusal = "scale must be a number from 1 to 4, not 7."
    assert done.stdout.splitlines() == [refusal, f"320 240 {hashlib.sha256(expected).hexdigest()}"]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_the_engine_lets_those_who_wait_for_it_draw_first(engine: Client) -> None:
    pid = engine._process.pid
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + NICENESS, 19)
    group = Path(f"/proc/{pid}/autogroup")  # none where the kernel has no such groups
    assert not group.exists() or group.read_text().split()[-1] == str(min(own + NICENESS, 19))
