"""Models run over pictures: devices, sessions, and exact tiling."""

from unfade.inference.devices import (
    Device,
    DeviceKind,
    provider_chain,
    provider_label,
)
from unfade.inference.engine import DEFAULT_TILE, Engine, is_noteworthy
from unfade.inference.layout import Bounds, Extent, Tile, TileLayout, border_of, least_tile, plan, row_strips
from unfade.inference.loading import OutOfMemory, load_on_cpu, probe_file
from unfade.inference.runtime import FATAL, NO_TELEMETRY, usable_cores
from unfade.inference.session import Session, Stop, unheeded
from unfade.inference.tiling import (
    OnTile,
    Read,
    TiledRun,
    TiledSession,
    Write,
    array_reader,
    array_writer,
    check_finite,
    layout_of,
    mirrored,
    run_tiled,
)

__all__ = [
    "DEFAULT_TILE",
    "FATAL",
    "NO_TELEMETRY",
    "Bounds",
    "Device",
    "DeviceKind",
    "Engine",
    "Extent",
    "OnTile",
    "OutOfMemory",
    "Read",
    "Session",
    "Stop",
    "Tile",
    "TileLayout",
    "TiledRun",
    "TiledSession",
    "Write",
    "array_reader",
    "array_writer",
    "border_of",
    "check_finite",
    "is_noteworthy",
    "layout_of",
    "least_tile",
    "load_on_cpu",
    "mirrored",
    "plan",
    "probe_file",
    "provider_chain",
    "provider_label",
    "row_strips",
    "run_tiled",
    "unheeded",
    "usable_cores",
]
