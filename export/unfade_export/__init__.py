"""Checkpoint to ONNX file with its model card, checked against the network it came from."""

import os

from unfade.inference.runtime import NO_TELEMETRY

os.environ.setdefault(NO_TELEMETRY, "1")  # before any of the modules imports onnxruntime


class ExportError(Exception):
    """Which check failed, by how much, and what to do, in a sentence. Nothing has been written when this is
    raised."""
