"""Cancelled, superseded, killed, closed: how work ends before it is done."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.service.conftest import Start, picture, pixels_of, shape_of
from tests.unit.service.raw import Service, frame, image
from unfade.service.client import Client, EngineError, Job
from unfade.service.protocol import List
from unfade.service.server import Job as ServerJob
from unfade.service.server import Jobs

LARGE = picture(1000, 1000)  # many seconds of the heavy model, on any computer
SMALL = picture(30, 40)
HEAVY = {"model": "heavy"}
TILES = ("--tile", "128")


class Waiter(threading.Thread):
    """Waits for a job and keeps how it ended, and when."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self._job = job
        self.at_work = threading.Event()
        self.ended = 0.0
        self.error: EngineError | None = None
        self.start()
        assert self.at_work.wait(60)

    def run(self) -> None:
        def on_progress(done: int, _total: int) -> None:
            if done:
                self.at_work.set()

        try:
            self._job.result(on_progress)
        except EngineError as error:
            self.error = error
        self.ended = time.monotonic()
        self.at_work.set()


def heavy_job(client: Client, **more: Any) -> Job:
    return client.submit("upscale", HEAVY, *shape_of(LARGE), LARGE, **more)


def assert_serves(client: Client) -> None:
    assert client.apply("upscale", {"model": "double"}, *shape_of(SMALL), SMALL).height == 60


def test_cancel_by_the_callback(start: Start) -> None:
    client = start(*TILES)
    stopped = 0.0

    def on_progress(done: int, total: int) -> bool:
        nonlocal stopped
        stopped = time.monotonic()
        assert done == 0 or total > 30
        return done < 2

    with pytest.raises(EngineError, match="The filter was stopped") as failure:
        client.apply("upscale", HEAVY, *shape_of(LARGE), LARGE, on_progress=on_progress)
    assert time.monotonic() - stopped < 1
    assert failure.value.kind == "cancelled"
    assert_serves(client)


def test_what_the_callback_raises_comes_through_and_cancels(start: Start) -> None:
    client = start(*TILES)

    def on_progress(done: int, _total: int) -> None:
        if done:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.apply("upscale", HEAVY, *shape_of(LARGE), LARGE, on_progress=on_progress)
    assert_serves(client)


@pytest.mark.parametrize("all_of_them", [False, True])
def test_cancel_from_another_thread_is_answered_within_a_second(start: Start, all_of_them: bool) -> None:
    client = start(*TILES)
    job = heavy_job(client)
    waiter = Waiter(job)
    asked = time.monotonic()
    if all_of_them:
        client.cancel()
    else:
        job.cancel()
    waiter.join(30)
    assert waiter.error is not None
    assert waiter.error.kind == "cancelled"
    assert waiter.ended - asked < 1
    assert_serves(client)  # and the filter itself has stopped
    assert time.monotonic() - asked < 30


@pytest.mark.parametrize("superseded", [False, True])
def test_a_tile_is_not_waited_for(start: Start, superseded: bool) -> None:
    client = start()
    options, dark, white = {"model": "endless"}, SMALL // 2, np.full_like(SMALL, 255)
    assert client.apply("upscale", options, *shape_of(dark), dark).height == 60
    job = client.submit("upscale", options, *shape_of(white), white, lane="view")
    time.sleep(1)  # by now it runs
    if superseded:
        newer = client.submit("upscale", options, *shape_of(dark), dark, lane="view")
        assert newer.result().height == 60
    else:
        job.cancel()
        assert_serves(client)
    with pytest.raises(EngineError, match=r"stopped|newer"):
        job.result()


def test_cancel_while_waiting_in_the_queue(start: Start) -> None:
    client = start(*TILES)
    first = Waiter(heavy_job(client))
    second = client.submit("upscale", {"model": "double"}, *shape_of(SMALL), SMALL)
    second.cancel()
    with pytest.raises(EngineError, match="stopped"):
        second.result()
    assert first.is_alive()
    client.cancel()
    first.join(30)


def test_the_progress_callback_is_called_while_nothing_happens(start: Start) -> None:
    client = start("--tile", "1024")  # one tile, some seconds
    calls: list[float] = []

    def on_progress(_done: int, _total: int) -> bool:
        calls.append(time.monotonic())
        return len(calls) < 8

    with pytest.raises(EngineError, match="stopped"):
        client.apply("upscale", HEAVY, *shape_of(LARGE), LARGE, on_progress=on_progress)
    assert np.diff(calls).max() < 0.5


def test_the_newest_of_a_lane_wins(start: Start) -> None:
    client = start(*TILES)
    background = client.submit("upscale", {"model": "net"}, *shape_of(SMALL), SMALL)
    first = Waiter(heavy_job(client, lane="view"))
    older = [heavy_job(client, lane="view") for _ in range(3)]
    newest = client.submit("upscale", {"model": "double"}, *shape_of(SMALL), SMALL, lane="view")
    first.join(30)
    assert first.error is not None
    assert (first.error.kind, str(first.error)) == ("superseded", "A newer request took its place.")
    for job in older:
        with pytest.raises(EngineError, match="A newer request"):
            job.result()
    assert np.array_equal(pixels_of(newest.result()), SMALL.repeat(2, 0).repeat(2, 1))
    assert background.result().height == 60  # not in the lane


def test_recipes_are_stopped_and_superseded_in_any_step(start: Start) -> None:
    client = start(*TILES)
    steps = [{"filter": "upscale", "options": {"model": "double"}}, {"filter": "upscale", "options": HEAVY}]
    source = picture(400, 400)
    for end in ("cancelled", "superseded"):
        for recipe in ({"steps": steps}, {"steps": steps[::-1]}):
            job = client.submit(None, None, *shape_of(source), source, recipe=recipe, lane="view")
            waiter = Waiter(job)
            asked = time.monotonic()
            if end == "cancelled":
                job.cancel()
            else:
                newest = client.submit("upscale", steps[0]["options"], *shape_of(SMALL), SMALL, lane="view")
                assert newest.result().height == 60
            waiter.join(30)
            assert waiter.error is not None
            assert waiter.error.kind == end
            assert waiter.ended - asked < 1
    assert_serves(client)


def test_too_many_requests_are_refused(start: Start) -> None:
    client = start(*TILES)
    running = Waiter(heavy_job(client))
    jobs = [client.submit("upscale", HEAVY, *shape_of(SMALL), SMALL) for _ in range(15)]
    with pytest.raises(EngineError, match="16 requests are waiting already"):
        client.apply("upscale", HEAVY, *shape_of(SMALL), SMALL)
    client.cancel()
    running.join(30)
    for job in jobs:
        with pytest.raises(EngineError, match="stopped"):
            job.result()


def test_an_engine_killed_in_mid_run(start: Start) -> None:
    client = start(*TILES)
    waiter = Waiter(heavy_job(client))
    os.kill(client.pid, signal.SIGKILL)
    waiter.join(10)
    assert waiter.error is not None
    assert waiter.error.kind == "died"
    assert str(waiter.error).startswith("Unfade's engine stopped unexpectedly (killed by signal 9)")
    assert not client.alive
    with pytest.raises(EngineError, match="stopped unexpectedly"):
        client.apply("upscale", {}, *shape_of(SMALL), SMALL)
    with pytest.raises(EngineError, match="stopped unexpectedly"):
        client.list()
    client.cancel()  # of no use, and no harm
    assert_gone(client.pid)
    assert_serves(start())  # another one takes its place


def test_an_engine_killed_while_pixels_are_sent(start: Start) -> None:
    client = start()

    def stripes() -> Iterator[bytes]:
        yield bytes(1_500_000)
        os.kill(client.pid, signal.SIGKILL)
        time.sleep(0.5)
        yield bytes(1_500_000)

    with pytest.raises(EngineError, match="killed by signal 9") as failure:
        client.apply("upscale", {}, 1000, 1000, 3, "u8", stripes())
    assert failure.value.kind == "died"


def test_an_upload_that_fails_here_leaves_the_engine_well(start: Start) -> None:
    client = start()

    def stripes() -> Iterator[bytes]:
        yield bytes(1_500_000)
        raise RuntimeError("the editor's own")

    with pytest.raises(RuntimeError, match="the editor's own"):
        client.apply("upscale", {}, 1000, 1000, 3, "u8", stripes())
    assert_serves(client)


def test_close_in_mid_run_leaves_nothing_behind(start: Start) -> None:
    client = start(*TILES)
    waiter = Waiter(heavy_job(client))
    begun = time.monotonic()
    client.close()
    waiter.join(10)
    assert time.monotonic() - begun < 2
    assert waiter.error is not None
    assert waiter.error.kind == "closed"
    assert_gone(client.pid)
    client.close()
    with pytest.raises(EngineError, match="closed"):
        client.list()


def assert_gone(pid: int) -> None:
    """Neither running nor a zombie of ours."""
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def busy(environment: dict[str, str]) -> Service:
    """A service in the middle of a filter."""
    service = Service(environment, *TILES)
    request = {"type": "apply", "id": 1, "filter": "upscale", "options": HEAVY, "image": image(1000, 1000)}
    service.write(frame(request) + frame({"type": "pixels", "id": 1}, LARGE.tobytes()))
    assert service.read()[0]["type"] == "progress"
    return service


def test_it_ends_when_its_input_does(environment: dict[str, str]) -> None:
    with Service(environment) as service:
        begun = time.monotonic()
        assert service.close() == 0
        assert time.monotonic() - begun < 2


def test_it_ends_in_mid_filter_when_its_input_does(environment: dict[str, str]) -> None:
    with busy(environment) as service:
        begun = time.monotonic()
        assert service.close() == 0
        assert time.monotonic() - begun < 2


def test_shutdown_in_mid_filter(environment: dict[str, str]) -> None:
    with busy(environment) as service:
        service.write(frame({"type": "shutdown", "id": 2}))
        replies = [reply for reply in service.rest() if reply["type"] != "progress"]
        assert [(reply["type"], reply["id"]) for reply in replies] == [("error", 1), ("result", 2)]
        assert service.close() == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows ends processes without asking them")
def test_sigterm_in_mid_filter(environment: dict[str, str]) -> None:
    with busy(environment) as service:
        service.process.terminate()
        assert service.process.wait(2) == 130
        assert service.errors.read() == b""


def test_a_client_that_stops_reading(environment: dict[str, str]) -> None:
    with busy(environment) as service:
        service.output.close()
        assert service.process.wait(30) == 1


def test_nothing_is_written_beside_the_log(environment: dict[str, str], tmp_path: Path) -> None:
    with Service({**environment, "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}) as service:
        request = {"type": "apply", "id": 1, "filter": "upscale", "image": image(30, 40)}
        service.write(frame(request) + frame({"type": "pixels", "id": 1}, SMALL.tobytes()))
        assert service.close() == 0
    assert not list(tmp_path.iterdir())


def test_an_id_that_is_used_again_is_that_of_the_newer_request() -> None:
    """A job that ends late leaves alone whatever has its id by now."""
    jobs = Jobs()
    old, new = (ServerJob(List(7), None) for _ in range(2))  # type: ignore[arg-type]
    jobs.add(old)
    assert jobs.finish(old)
    jobs.add(new)
    assert not jobs.finish(old)
    assert jobs.find(7) is new and jobs.finish(new)
