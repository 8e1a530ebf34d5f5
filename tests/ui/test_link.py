"""The engine behind the window: answers, newest wins, and life after its death."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.ui.conftest import WAIT, ramp
from tests.ui.engines import SharedEngine, connect
from unfade.inference import Bounds
from unfade.service.client import Client
from unfade.ui.link import EngineLink, Request, pixels_of

STEPS = ({"filter": "upscale", "options": {"model": "double"}},)


def started(qtbot: QtBot, connect: Callable[[], Client]) -> Iterator[EngineLink]:
    link = EngineLink(connect)
    with qtbot.waitSignal(link.listed, timeout=WAIT):
        link.start()
    yield link
    link.close()


@pytest.fixture
def link(qtbot: QtBot) -> Iterator[EngineLink]:
    """To an engine of its own, which may be killed."""
    yield from started(qtbot, connect)


@pytest.fixture
def lent(qtbot: QtBot, shared_engine: SharedEngine) -> Iterator[EngineLink]:
    """To the engine that others use too."""
    yield from started(qtbot, shared_engine.lend)


def pid_of(link: EngineLink) -> int:
    assert link.pid is not None
    return link.pid


def test_parts_come_as_asked_and_only_the_newest_of_a_key(qtbot: QtBot, lent: EngineLink) -> None:
    picture = ramp(600, 700)
    lent.store("picture", lambda: picture)
    refused: list[tuple[int, str]] = []
    lent.refused.connect(lambda ticket, kind, _text: refused.append((ticket, kind)))
    with qtbot.waitSignal(lent.answered, timeout=WAIT) as answer:
        old = lent.ask(Request("picture", STEPS, supersede="preview"))
        new = lent.ask(Request("picture", STEPS, Bounds(10, 20, 30, 40), "preview"))
    ticket, result = answer.args
    assert ticket == new
    assert (result.height, result.width) == (60, 80) and result.region == (20, 40, 60, 80)
    qtbot.waitUntil(lambda: bool(refused), timeout=WAIT)  # by a thread of its own, which may come later
    assert refused == [(old, "superseded")]


def test_a_request_is_refused_with_a_sentence(qtbot: QtBot, lent: EngineLink) -> None:
    lent.store("picture", lambda: ramp(20, 20))
    with qtbot.waitSignal(lent.refused, timeout=WAIT) as refusal:
        lent.ask(Request("picture", ({"filter": "upscale", "options": {"model": "qqqqq"}},)))
    assert refusal.args[1] == "model" and refusal.args[2].endswith(".")


def test_an_engine_that_dies_is_started_again_and_asked_again(qtbot: QtBot, link: EngineLink) -> None:
    picture = ramp(1200, 1200)
    link.store("picture", lambda: picture)
    with qtbot.waitSignal(link.answered, timeout=WAIT) as expected:
        link.ask(Request("picture", STEPS, Bounds(0, 0, 64, 64)))
    first = pid_of(link)
    with qtbot.waitSignals([link.lost, link.answered], timeout=WAIT, order="strict") as told:
        link.ask(Request("picture", STEPS))
        with qtbot.waitSignal(link.progressed, timeout=WAIT):
            pass
        os.kill(first, signal.SIGKILL)
    assert pid_of(link) != first
    sentence, (_ticket, result) = (one.args for one in told.all_signals_and_args)
    assert "stopped unexpectedly" in sentence[0]
    part = pixels_of(expected.args[1])
    np.testing.assert_array_equal(pixels_of(result)[:128, :128], part)


def test_an_engine_that_cannot_be_started_is_told_of(qtbot: QtBot) -> None:
    link = EngineLink(lambda: Client([sys.executable, "-c", "raise SystemExit('no engine here')"]))
    with qtbot.waitSignal(link.unavailable, timeout=WAIT) as told:
        link.start()
    assert "no engine here" in told.args[0]
    with qtbot.waitSignal(link.refused, timeout=WAIT):
        link.ask(Request("picture", STEPS))
    link.close()


def test_closing_in_the_middle_leaves_no_process(qtbot: QtBot, link: EngineLink) -> None:
    link.store("picture", lambda: ramp(1500, 1500))
    with qtbot.waitSignal(link.progressed, timeout=WAIT):
        link.ask(Request("picture", STEPS))
    pid = pid_of(link)
    link.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


DEADLY = """
import json, struct, sys
def send(**header):
    text = json.dumps(header).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(text)) + text)
    sys.stdout.buffer.flush()
send(type="hello", protocol=1, version="0", max_header=1 << 20)
while True:
    header = json.loads(sys.stdin.buffer.read(struct.unpack(">I", sys.stdin.buffer.read(4))[0]))
    if header["type"] == "store":
        sys.exit(3)
    send(type="result", id=header["id"])
"""


def test_a_picture_that_engines_die_of_is_given_up(qtbot: QtBot) -> None:
    """Not for ever is one started after the other; the next picture has one again."""
    started: list[Client] = []

    def deadly() -> Client:
        started.append(Client([sys.executable, "-c", DEADLY]))
        return started[-1]

    link = EngineLink(deadly)
    refused: list[tuple[int, str]] = []
    link.refused.connect(lambda ticket, kind, _text: refused.append((ticket, kind)))
    try:
        link.start()
        link.store("picture", lambda: ramp(60, 70))
        qtbot.waitUntil(lambda: bool(refused), timeout=WAIT)
        assert refused == [(0, "died")]
        qtbot.waitUntil(lambda: len(started) == 3 and link.pid == started[-1].pid, timeout=WAIT)
        ticket = link.ask(Request("picture", STEPS))  # as with "Try again": once more
        qtbot.waitUntil(lambda: len(refused) == 3, timeout=WAIT)
        assert sorted(refused) == [(0, "died"), (0, "died"), (ticket, "died")]
        assert len(started) == 4
    finally:
        link.close()
