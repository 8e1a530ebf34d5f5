"""Variants of a model that lie beside its file: half precision for CUDA."""

from __future__ import annotations

from pathlib import Path

from unfade.inference.providers import CUDA, TENSORRT

QUICK_AT_HALF = frozenset({CUDA, TENSORRT})
_HALF = ".fp16"


def half_variant(path: Path) -> Path:
    """Where the half-precision variant of a model belongs: ``name.fp16.onnx`` beside ``name.onnx``.

    A variant is its own variant.
    """
    return path if is_half_variant(path) else path.with_suffix(f"{_HALF}{path.suffix}")


def variant_for(path: Path, provider: str) -> Path:
    """The file to run in the place of ``path``: its half-precision variant where one lies beside it and
    ``provider`` is quick at half precision, else the model itself."""
    variant = half_variant(path)
    return variant if provider in QUICK_AT_HALF and variant.is_file() else path


def is_half_variant(path: Path) -> bool:
    """Whether this is the name of a variant."""
    return path.stem.lower().endswith(_HALF)
