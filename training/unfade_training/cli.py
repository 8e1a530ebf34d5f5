"""``unfade-train``: make a generator from a recipe and a folder of photographs."""

from __future__ import annotations

import logging
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from .errors import TrainingError

if TYPE_CHECKING:
    from .recipe import Recipe
    from .trainer import Machine


class DefaultRun(TyperGroup):
    """``unfade-train RECIPE.toml`` means ``unfade-train run RECIPE.toml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    add_completion=False,
    cls=DefaultRun,
    help="Train the generators of Unfade. A recipe alone is trained: unfade-train RECIPE.toml.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

RecipeFile = Annotated[Path, typer.Argument(help="The recipe, a TOML file.", show_default=False)]
Data = Annotated[
    list[Path] | None,
    typer.Option(help="Folder of photographs; may be given several times.", show_default=False),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        help="A value of the recipe to replace, key=value: stage.batch=8 in every stage, stage.2.lr=1e-4 in "
        "the second, network.channels=[32,64]. May be given several times.",
        show_default=False,
    ),
]
LpipsFile = Annotated[
    Path | None,
    typer.Option(
        help="What LPIPS is scored with: an .onnx model, or SqueezeNet's weights.", show_default=False
    ),
]
Accelerator = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default=False)]


@app.command()
def run(
    recipe: RecipeFile,
    data: Data = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the run; runs/<recipe's name> where not given."),
    ] = None,
    override: Overrides = None,
    lpips: LpipsFile = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="A dry run: a few tiny steps of every stage.")
    ] = False,
    accelerator: Accelerator = "auto",
    devices: Annotated[str, typer.Option(help="How many devices of each node, or auto.")] = "auto",
    num_nodes: Annotated[int, typer.Option(min=1, help="Nodes of a torchrun launch.")] = 1,
    threads: Threads = None,
    save_every: Annotated[float, typer.Option(help="Seconds between two checkpoints.")] = 180.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over, though there is a checkpoint.")] = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Be over after so many minutes, whatever the recipe's steps: they only say how the time is "
            "shared among the stages.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Train RECIPE, going on from its last checkpoint if there is one."""
    from .smoke import smoke_recipe
    from .trainer import train

    if minutes is not None and not 0 < minutes < math.inf:
        raise TrainingError(f"--minutes must be a number above 0, not {minutes:g}.")
    loaded = _load(recipe, override, lpips)
    folder = output or Path("runs") / (f"{loaded.name}-smoke" if smoke else loaded.name)
    best = train(
        smoke_recipe(loaded) if smoke else loaded,
        folder,
        data or [],
        _machine(accelerator, devices, num_nodes, threads),
        save_seconds=save_every,
        fresh=fresh or smoke,
        minutes=minutes,
    )
    typer.echo(best)


@app.command("find-lr")
def find_lr(
    recipe: RecipeFile,
    data: Data = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The plot, a PNG.")] = Path("lr.png"),
    stage: Annotated[int, typer.Option(min=1, help="Which stage of the recipe.")] = 1,
    override: Overrides = None,
    accelerator: Accelerator = "auto",
    threads: Threads = None,
) -> None:
    """Search the learning rate of a stage: plot the loss while the rate rises, and suggest one."""
    from .lr_finder import write_plot
    from .trainer import find_rate

    loaded = _load(recipe, override, None)
    folder = Path("runs") / loaded.name
    machine = _machine(accelerator, "1", 1, threads)
    finding = find_rate(loaded, folder, data or [], machine, number=stage)
    write_plot(finding, output)
    typer.echo(f"{finding.suggestion:.2g}  ({output})")


@app.command()
def samples(
    checkpoint: Annotated[Path, typer.Argument(help="A checkpoint of any recipe.", show_default=False)],
    data: Data = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The picture, a PNG.")] = Path("samples.png"),
    count: Annotated[int, typer.Option(min=1, help="Photographs, a row each.")] = 6,
    side: Annotated[int, typer.Option(min=32, help="Side of each picture in pixels.")] = 256,
) -> None:
    """Show what CHECKPOINT makes of photographs: input, result, truth."""
    from .samples import write_samples

    write_samples(checkpoint, data or [], output, count=count, side=side)
    typer.echo(output)


@app.command()
def look(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="Checkpoints of any recipes, a row each.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The picture: .png, .webp, .svg or .pdf.")
    ] = Path("landscape.png"),
    data: Data = None,
    points: Annotated[int, typer.Option(help="Losses along each side of the square, an odd number.")] = 25,
    span: Annotated[float, typer.Option(help="How far from the weights, in lengths of each filter.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the two directions and the patches.")] = 0,
    patches: Annotated[int, typer.Option(min=1, help="Held-out patches that the loss is averaged over.")] = 8,
    threads: Threads = None,
) -> None:
    """Draw the loss landscape around CHECKPOINTS, as contours and as a surface (Li et al. 2018)."""
    import torch

    from .lessons.landscape import check_name, landscape_of, write_landscapes
    from .trained import open_trained

    check_name(output)
    if threads:
        torch.set_num_threads(threads)
    opened = [open_trained(checkpoint) for checkpoint in checkpoints]
    write_landscapes(
        [
            landscape_of(one, data or [], points=points, span=span, seed=seed, patches=patches)
            for one in opened
        ],
        output,
    )
    typer.echo(output)


@app.command()
def slim(
    checkpoint: Annotated[
        Path, typer.Argument(help="A checkpoint of a fast_unet or deartifact_unets.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The new checkpoint.")] = Path(
        "slim.safetensors"
    ),
    data: Data = None,
    keep: Annotated[
        str,
        typer.Option(
            help="The share of the residual blocks' work to keep, taken where it is missed least; or the "
            "channels of each block in the order in which they run: 16,32,32,... A 0 at the end takes out "
            "the level at the output's resolution."
        ),
    ] = "0.5",
    patches: Annotated[int, typer.Option(min=1, help="How many patches the network is shown.")] = 64,
    patch: Annotated[int, typer.Option(min=8, help="Their side in input pixels.")] = 48,
    step: Annotated[
        int,
        typer.Option(min=1, help="With a share, blocks keep multiples of it: 16 suits AVX-512, 8 AVX2."),
    ] = 16,
    fine: Annotated[
        int, typer.Option(min=0, help="Channels for the finest level of the branch; 0 for all.")
    ] = 0,
    marks: Annotated[
        int, typer.Option(min=0, help="Channels for the last block of the decoder of marks; 0 for all.")
    ] = 0,
    threads: Threads = None,
) -> None:
    """Write CHECKPOINT with fewer channels inside its residual blocks, those that are missed least."""
    import torch

    from .pruning import parse_keep, prune_checkpoint

    if threads:
        torch.set_num_threads(threads)
    blocks = prune_checkpoint(
        checkpoint,
        output,
        data or [],
        keep=parse_keep(keep),
        patches=patches,
        patch=patch,
        step=step,
        fine=fine,
        marks=marks,
    )
    for block in blocks:
        typer.echo(f"{block.name}: {block.after} of {block.before}, {100 * block.error:.1f} % lost")
    typer.echo(output)


def _load(path: Path, override: list[str] | None, lpips: Path | None) -> Recipe:
    from .overrides import parse_override
    from .recipe import load_recipe, with_overrides

    overrides = dict(parse_override(text) for text in override or [])
    if lpips is not None:
        overrides["lpips"] = str(lpips)
    return with_overrides(load_recipe(path), overrides, str(path))


def _machine(accelerator: str, devices: str, num_nodes: int, threads: int | None) -> Machine:
    from .trainer import Machine

    return Machine(accelerator, int(devices) if devices.isdigit() else devices, num_nodes, threads)


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
