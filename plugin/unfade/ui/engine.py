"""Starting the engine that windows and queues work with."""

from __future__ import annotations

import sys

from unfade.service.client import Client


def start_engine() -> Client:
    """An engine process of this installation. Raises EngineError."""
    return Client(sys.executable)
