"""``unfade serve``: the engine behind an editor or a window."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    device: Annotated[
        str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:N, coreml or directml.")
    ] = "auto",
    tile: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Largest side of a tile in pixels; small ones stop sooner. 512, or more for models that see "
            "far.",
        ),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="CPU threads; all cores when left out.")
    ] = None,
) -> None:
    """Run filters for an editor, through standard input and output (docs/service.md)."""
    from unfade.inference import Device, Engine
    from unfade.service import serve as serve_frames
    from unfade.service.server import SERVICE_TILE

    engine = Engine(Device.parse(device), threads=threads, tile=tile, usual_tile=SERVICE_TILE)
    serve_frames(engine)
