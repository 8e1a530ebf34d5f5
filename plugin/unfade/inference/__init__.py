"""Models run over pictures: devices, sessions, and exact tiling."""

from unfade.inference.arrays import array_reader, array_writer
from unfade.inference.device import Device, DeviceKind
from unfade.inference.engine import DEFAULT_TILE, Engine
from unfade.inference.failures import OutOfMemory
from unfade.inference.geometry import Bounds, Extent, Tile, TileLayout, border_of, plan, row_strips
from unfade.inference.providers import ProviderStatus, provider_chain, provider_label, survey
from unfade.inference.run import TiledRun, layout_of, run_tiled
from unfade.inference.session import Session
from unfade.inference.windows import OnTile, Read, TiledSession, Write, check_finite, mirrored

__all__ = [
    "DEFAULT_TILE",
    "Bounds",
    "Device",
    "DeviceKind",
    "Engine",
    "Extent",
    "OnTile",
    "OutOfMemory",
    "ProviderStatus",
    "Read",
    "Session",
    "Tile",
    "TileLayout",
    "TiledRun",
    "TiledSession",
    "Write",
    "array_reader",
    "array_writer",
    "border_of",
    "check_finite",
    "layout_of",
    "mirrored",
    "plan",
    "provider_chain",
    "provider_label",
    "row_strips",
    "run_tiled",
    "survey",
]
