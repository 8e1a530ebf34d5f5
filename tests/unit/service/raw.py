"""The service without the client: frames written and read by hand."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any


def frame(header: Any, payload: bytes = b"") -> bytes:
    """A frame as docs/service.md describes it."""
    if payload:
        header = {**header, "payload": len(payload)}
    text = json.dumps(header).encode()
    return len(text).to_bytes(4, "big") + text + payload


def image(height: int, width: int, channels: int = 3, depth: str = "u8", **more: Any) -> dict[str, Any]:
    return {"height": height, "width": width, "channels": channels, "depth": depth, **more}


class Service:
    """A process that serves."""

    def __init__(self, environment: Mapping[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unfade", "serve", "--device", "cpu", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.input, self.output, self.errors = self.process.stdin, self.process.stdout, self.process.stderr
        self.hello, _ = self.read()

    def write(self, data: bytes) -> None:
        self.input.write(data)
        self.input.flush()

    def read(self) -> tuple[dict[str, Any], bytes]:
        """The next frame; EOFError where there is none, AssertionError where it is something else."""
        prefix = self.output.read(4)
        if not prefix:
            raise EOFError
        length = int.from_bytes(prefix, "big")
        assert length < 1 << 20, f"no frame: {prefix!r}"
        header = json.loads(self.output.read(length))
        payload = self.output.read(header.get("payload", 0))
        assert len(payload) == header.get("payload", 0)
        return header, payload

    def rest(self) -> list[dict[str, Any]]:
        """All headers until the output ends."""
        headers = []
        while True:
            try:
                headers.append(self.read()[0])
            except EOFError:
                return headers

    def ask(self, header: Any, payload: bytes = b"") -> dict[str, Any]:
        """Sends one request and gives the next reply."""
        self.write(frame(header, payload))
        return self.read()[0]

    def close(self) -> int:
        """Closes its input and gives its exit code."""
        self.input.close()
        return self.process.wait(10)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.input, self.output, self.errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
