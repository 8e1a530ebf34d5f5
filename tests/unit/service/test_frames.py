"""The protocol itself: every frame that may come, and every one that may not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.service.conftest import Start, picture, pixels_of, shape_of
from tests.unit.service.raw import Service, frame, image
from unfade.service.client import Client, EngineError

APPLY = {"type": "apply", "id": 1, "filter": "upscale", "options": {"model": "double"}, "image": image(2, 2)}


UPSCALE = {"steps": [{"filter": "upscale"}]}


def recipe(raw: Any) -> dict[str, Any]:
    return {"type": "apply", "id": 1, "recipe": raw, "image": image(2, 2)}


@pytest.fixture(scope="module")
def service(environment: dict[str, str]) -> Iterator[Service]:
    with Service(environment) as running:
        yield running
        assert running.close() == 0


def assert_answers(service: Service, id: int = 99) -> list[dict[str, Any]]:
    """The service lives; gives what it had to say before."""
    service.write(frame({"type": "forget", "id": id, "picture": "none"}))
    before = []
    while True:
        reply = service.read()[0]
        assert reply["type"] in ("error", "result", "progress")
        if reply["type"] == "result" and reply["id"] == id:
            return before
        before.append(reply)


def test_hello(service: Service) -> None:
    assert service.hello["type"] == "hello"
    assert service.hello["protocol"] == 1
    assert service.hello["order"] == sys.byteorder


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({}, "'type' must be one of apply, "),
        ({"type": ["apply"]}, "'type' must be one of apply, "),
        ({"type": "paint"}, "'type' must be one of apply, "),
        ({"type": "list"}, "'id' must be a whole number from 1 "),
        ({"type": "list", "id": 0}, "'id' must be a whole number from 1 "),
        ({"type": "list", "id": True}, "'id' must be a whole number from 1 "),
        ({"type": "list", "id": 1, "colour": 3}, "The request list has no field 'colour'."),
        ({"type": "apply", "id": 1}, "Which 'filter' to run is missing"),
        ({**APPLY, "filter": "sharpen"}, "There is no filter 'sharpen'"),
        ({**APPLY, "options": [1]}, "'options' must be an object."),
        ({**APPLY, "recipe": {"steps": []}}, "apply takes either a 'filter' with its 'options', or a 'rec"),
        (recipe(3), "A recipe must be an object."),
        (recipe({}), "A recipe needs 'steps', a list of objects"),
        (recipe({"steps": []}), "A recipe has 1 to 16 steps, not 0."),
        (recipe({"steps": [{"filter": "upscale"}] * 17}), "A recipe has 1 to 16 steps, not 17."),
        (recipe({"steps": [{"filter": "upscal"}]}), "Step 1: There is no filter 'upscal': did you mean up"),
        (recipe({"steps": [{"filter": "upscale", "options": {"scale": 5}}]}), "Step 1: scale must be a nu"),
        (recipe({"steps": [], "unfade_recipe": 1}), "A recipe has no 'unfade_recipe'"),
        ({**APPLY, "title": 3}, "'title' must be text."),
        ({**APPLY, "options": {"tile": 9}}, "The filter upscale has no option 'tile'"),
        ({**APPLY, "image": None}, "apply needs either an 'image'"),
        ({**APPLY, "picture": "x"}, "apply needs either an 'image'"),
        ({**APPLY, "image": 7}, "'image' must be an object"),
        ({**APPLY, "image": image(0, 5)}, "'height' must be a whole number from 1 "),
        ({**APPLY, "image": image(5, -1)}, "'width' must be a whole number from 1 "),
        ({**APPLY, "image": image(5, 1.5)}, "'width' must be a whole number from 1 "),
        ({**APPLY, "image": image(10**9, 10**9)}, "'height' must be a whole number from 1 "),
        ({**APPLY, "image": image(10**6, 10**6)}, "A picture of 1000000 x 1000000 pixels is too large"),
        ({**APPLY, "image": image(5, 5, 5)}, "'channels' must be a whole number from 1 to 4."),
        ({**APPLY, "image": image(5, 5, depth="u32")}, "'depth' must be one of u8, u16, float32."),
        ({**APPLY, "image": image(5, 5, order="middle")}, "'order' must be one of little, big."),
        ({**APPLY, "image": image(5, 5, stride=7)}, "'image' has no 'stride'."),
        ({**APPLY, "region": {"y": 0}}, "'region' must be an object with y, x, height and width."),
        ({**APPLY, "region": {"y": 0, "x": 0, "height": 0, "width": 1}}, "'height' must be a whole number"),
        ({**APPLY, "lane": ""}, "'lane' must be a name of 1 to 100 characters."),
        ({"type": "store", "id": 1, "picture": "\ud800", "image": image(2, 2)}, "'picture' must be a name"),
        ({"type": "apply", "id": 1, "filter": "upscale", "picture": "x"}, "No picture is stored under "),
        ({"type": "survey", "id": 1, "recipe": UPSCALE, "sources": "x"}, "'sources' must be a list of the"),
        ({"type": "survey", "id": 1, "recipe": UPSCALE, "sources": ["\0"]}, "'sources' must be a list of "),
        ({"type": "survey", "id": 1, "sources": []}, "Which 'filter' to run is missing"),
    ],
)
def test_refused_requests(service: Service, request_: dict[str, Any], sentence: str) -> None:
    reply = service.ask(request_)
    assert (reply["type"], reply["kind"]) == ("error", "usage")
    assert reply["message"].startswith(sentence)
    assert reply["id"] == (1 if request_.get("id") is not True and request_.get("id") else None)
    assert not assert_answers(service)


@pytest.mark.parametrize("depth", [900, 975, 985, 990, 995])
def test_deep_nesting_is_refused(environment: dict[str, str], depth: int) -> None:
    with Service(environment) as service:
        text = json.dumps({**APPLY, "options": 7}).replace("7", "[" * depth + "]" * depth)
        service.write(len(text).to_bytes(4, "big") + text.encode())
        reply = service.read()[0]
        assert reply["type"] == "error" and reply["kind"] in ("usage", "protocol")


def test_a_request_cannot_carry_pixels(service: Service) -> None:
    reply = service.ask({"type": "forget", "id": 1, "picture": "none"}, b"12345")
    assert reply["message"].startswith("The request forget carries no pixels itself")
    assert not assert_answers(service)


def test_pixels_of_a_refused_request_are_passed_over(service: Service) -> None:
    service.write(frame({**APPLY, "filter": "nothing"}) + frame({"type": "pixels", "id": 1}, bytes(100_000)))
    assert [reply["type"] for reply in assert_answers(service)] == ["error"]


def test_too_many_pixels(service: Service) -> None:
    service.write(frame(APPLY) + frame({"type": "pixels", "id": 1}, bytes(13)))
    (reply,) = assert_answers(service)
    assert reply["message"] == "There are more pixels than the image's size says."


def test_an_id_in_use(service: Service) -> None:
    service.write(frame(APPLY) + frame(APPLY))
    (reply,) = assert_answers(service)
    assert reply["id"] is None
    assert reply["message"] == "The id 1 belongs to an unfinished request."
    assert service.ask({"type": "cancel"})["kind"] == "cancelled"


def test_frames_of_several_uploads_may_be_mixed(service: Service) -> None:
    first, second = picture(2, 2, seed=1), picture(2, 2, seed=2)
    service.write(frame(APPLY) + frame({**APPLY, "id": 2}))
    for start in (0, 6):
        for id, source in ((1, first), (2, second)):
            service.write(frame({"type": "pixels", "id": id}, source.tobytes()[start : start + 6]))
    replies = {}
    while len(replies) < 2:
        header, payload = service.read()
        if header["type"] == "pixels":
            replies[header["id"]] = payload
    for id, source in ((1, first), (2, second)):
        assert replies[id] == source.repeat(2, 0).repeat(2, 1).tobytes()


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("depth", ["u16", "float32"])
def test_byte_orders(service: Service, depth: str, order: str) -> None:
    source = picture(2, 3, 1, depth)
    kind = source.dtype.newbyteorder("<" if order == "little" else ">")
    data = source.astype(kind).tobytes()
    service.write(frame({**APPLY, "image": image(2, 3, 1, depth, order=order)}))
    cut = len(data) // 2 + 1  # in the middle of a sample
    for stripe in (data[:cut], data[cut:]):
        service.write(frame({"type": "pixels", "id": 1}, stripe))
    header: dict[str, Any] = {}
    payload = b""
    while header.get("type") != "pixels":
        header, payload = service.read()
        if header["type"] == "result":
            assert header["image"] == image(4, 6, 1, depth, order=order)
            assert header["pixels"] == 4 * 6 * source.itemsize
    result = np.frombuffer(payload, kind).reshape(4, 6, 1)
    assert np.abs(result.astype(float) - source.repeat(2, 0).repeat(2, 1)).max() < 1e-6


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\0\0\0\0", "A frame's header must have 2 to "),
        (b"GET / HTTP/1.1\r\n", "A frame's header must have 2 to "),
        (b"\0\0\0\5{...}", "A frame's header is not JSON."),
        (b"\0\0\0\2\xff\xff", "A frame's header is not JSON."),
        (frame({"id": float("nan")}), "A frame's header is not JSON."),
        ((100_000).to_bytes(4, "big") + b"[" * 100_000, "A frame's header is not JSON."),
        (frame([1, 2]), "A frame's header is not a JSON object."),
        (frame({"type": "list", "id": 1, "payload": -1}), "A frame's 'payload' must be a number of bytes"),
        (frame({"type": "list", "id": 1, "payload": 1 << 40}), "A frame's 'payload' must be "),
        (frame({"type": "list", "id": 1, "payload": "9"}), "A frame's 'payload' must be "),
        (b"\0\0", "The frames end inside the length of one."),
        (b"\0\0\0\x09{", "The frames end inside a header."),
        (frame(APPLY) + frame({"type": "pixels", "id": 1}, bytes(12))[:-1], "The frames end inside a pic"),
        (frame({"type": "pixels", "id": 7}, bytes(12))[:-1], "The frames end inside a picture."),
    ],
)  # fmt: skip
def test_broken_frames_end_it(environment: dict[str, str], data: bytes, sentence: str) -> None:
    with Service(environment) as service:
        service.write(data)
        service.input.close()
        *_, last = service.rest()
        assert (last["type"], last["id"], last["kind"]) == ("error", None, "protocol")
        assert last["message"].startswith(sentence)
        assert service.process.wait(5) == 1
        assert service.errors.read() == b""


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
step = st.fixed_dictionaries(
    {},
    optional={
        "filter": st.sampled_from(["upscale", "deartifact", "colorize"]) | values,
        "options": st.dictionaries(st.sampled_from(["scale", "hints", "strokes", "model"]), values) | values,
    },
)
wild = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["apply", "store", "forget", "survey", "list", "cancel", "pixels"]) | values,
        "id": st.integers(1, 9) | values,
        "filter": st.just("upscale") | values,
        "options": st.dictionaries(st.sampled_from(["scale", "model", "detail", "strength"]), values)
        | values,
        "recipe": st.fixed_dictionaries({}, optional={"steps": st.lists(step | values, max_size=3)}) | values,
        "title": values,
        "image": st.fixed_dictionaries(
            {"height": st.integers(-1, 300) | values, "width": st.integers(-1, 300) | values},
            optional={"channels": st.integers(0, 5), "depth": st.sampled_from(["u8", "u16"]) | values},
        )
        | values,
        "picture": values,
        "sources": st.lists(st.text(max_size=9), max_size=3) | values,
        "region": values,
        "lane": values,
        "extra": values,
    },
)


@settings(max_examples=150)
@given(headers=st.lists(wild.filter(lambda header: header.get("type") != "shutdown"), max_size=4))
def test_no_header_disturbs_the_service(service: Service, headers: list[dict[str, Any]]) -> None:
    service.write(b"".join(frame({**header, "payload": 0}) for header in headers))
    service.write(frame({"type": "cancel"}))
    for reply in assert_answers(service, id=1 << 50):
        assert reply["type"] != "error" or reply["kind"] in ("usage", "cancelled", "superseded", "memory")


@settings(max_examples=8)
@given(data=st.binary(min_size=1, max_size=300))
def test_no_bytes_make_it_print_a_traceback(environment: dict[str, str], data: bytes) -> None:
    with Service(environment) as service:
        service.write(data)
        service.input.close()
        service.rest()
        assert service.process.wait(5) in (0, 1)
        assert service.errors.read() == b""


def test_libraries_may_print(environment: dict[str, str]) -> None:
    noisy = (
        "import os, sys, threading, time\n"
        "def noise():\n"
        "    while True:\n"
        "        print('printed', flush=True); os.write(1, b'written\\n'); time.sleep(0.01)\n"
        "from unfade.service import connection\n"
        "take = connection.take_standard_streams\n"
        "def taken():\n"
        "    streams = take(); threading.Thread(target=noise, daemon=True).start(); return streams\n"
        "connection.take_standard_streams = taken\n"
        "from unfade.cli import main; sys.exit(main(['serve', '--device', 'cpu']))\n"
    )
    with Client([sys.executable, "-c", noisy], environment=environment) as client:
        source = picture(300, 300)
        result = client.apply("upscale", {"model": "double"}, *shape_of(source), source)
        assert np.array_equal(pixels_of(result), source.repeat(2, 0).repeat(2, 1))


def test_editors_do_not_wait_for_the_command_lines_libraries(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "unfade", "serve"],
        input=b"",
        capture_output=True,
        env={**os.environ, **environment},
        timeout=60,
        check=True,
    )
    assert b'"type": "hello"' in done.stdout or b'"type":"hello"' in done.stdout
    assert b"unfade.service.server" in done.stderr
    libraries = (b"click", b"rich", b"unfade.cli.app", b"unfade.batch")
    assert not [name for name in libraries if name in done.stderr]


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
def test_a_person_is_told_that_it_is_not_for_people(environment: dict[str, str]) -> None:
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "unfade", "serve"],
            stdin=theirs,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert done.stderr.startswith("unfade: unfade serve talks to editors through pipes")
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [("--tile", "0"), ("--device", "gpu"), ("--threads", "-1")])
def test_bad_usage_is_told_when_it_starts(start: Start, arguments: tuple[str, str]) -> None:
    with pytest.raises(EngineError, match=r"did not start \(exit code 2\): unfade: ") as failure:
        start(*arguments)
    assert failure.value.kind == "start"
