"""``unfade-train``: make a generator from a recipe and a folder of photographs."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from .errors import TrainingError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="The recipe, a TOML file.", show_default=False)],
    data: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of photographs; may be given several times.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run; runs/<recipe's name> where not given."),
    ] = None,
    accelerator: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    devices: Annotated[str, typer.Option(help="How many devices of each node, or auto.")] = "auto",
    num_nodes: Annotated[int, typer.Option(help="Nodes of a torchrun launch.")] = 1,
    threads: Annotated[int | None, typer.Option(help="CPU threads.", show_default=False)] = None,
    save_every: Annotated[float, typer.Option(help="Seconds between two checkpoints.")] = 180.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over, though there is a checkpoint.")] = False,
) -> None:
    """Train RECIPE, going on from its last checkpoint if there is one."""
    from .recipe import load_recipe
    from .trainer import train

    loaded = load_recipe(recipe)
    best = train(
        loaded,
        output or Path("runs") / loaded.name,
        data or [],
        accelerator=accelerator,
        devices=int(devices) if devices.isdigit() else devices,
        num_nodes=num_nodes,
        threads=threads,
        save_seconds=save_every,
        fresh=fresh,
    )
    typer.echo(best)


def main() -> None:
    """Entry point: a TrainingError is one sentence and exit code 1, Ctrl+C is 130."""
    from rich.logging import RichHandler

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(show_path=False)])
    try:
        app()
    except TrainingError as error:
        typer.echo(f"unfade-train: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("unfade-train: interrupted; the last checkpoint is kept.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
