"""``unfade-train``: make a generator from a recipe and a folder of photographs."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .errors import TrainingError, missing_package

if TYPE_CHECKING:
    from .config import Recipe
    from .device import Machine

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

FILE = click.Path(path_type=Path)
COUNT = click.IntRange(min=1)


class DefaultRun(click.Group):
    """``unfade-train RECIPE.toml`` means ``unfade-train run RECIPE.toml``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DefaultRun, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """Train the generators of Unfade. A recipe alone is trained: unfade-train RECIPE.toml."""


recipe_file = click.argument("recipe", type=FILE)
data = click.option(
    "--data",
    multiple=True,
    help="Folder of photographs, or the word examples for those of the repository; or tar shards: a folder "
    "of them, one, or photos-{000000..000063}.tar, by URL too. May be given several times.",
)
override = click.option(
    "--override",
    multiple=True,
    help="A value of the recipe to replace, key=value: stage.batch=8 in every stage, stage.2.lr=1e-4 in "
    "the second, network.channels=[32,64]. May be given several times.",
)
accelerator = click.option("--accelerator", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
threads = click.option("--threads", type=COUNT, help="CPU threads.")


def output(default: str | None, help: str) -> Decorator[Any]:
    """``--output`` or ``-o``."""
    return click.option("--output", "-o", type=FILE, default=default, show_default=bool(default), help=help)


def number(name: str, default: float, help: str, *, least: int | None = None) -> Decorator[Any]:
    """An option with a default, whole where that is."""
    kind = float if isinstance(default, float) else click.IntRange(min=least)
    return click.option(name, type=kind, default=default, show_default=True, help=help)


@app.command()
@recipe_file
@data
@output(None, "Folder of the run; runs/<recipe's name> where not given.")
@override
@click.option(
    "--lpips", type=FILE, help="What LPIPS is scored with: an .onnx model, or SqueezeNet's weights."
)
@click.option("--smoke", is_flag=True, help="A dry run: a few tiny steps of every stage.")
@accelerator
@click.option("--devices", default="auto", show_default=True, help="How many devices of each node, or auto.")
@number("--num-nodes", 1, "Nodes of a torchrun launch.", least=1)
@threads
@number("--save-every", 180.0, "Seconds between two checkpoints.")
@click.option("--fresh", is_flag=True, help="Start over, though there is a checkpoint.")
@click.option(
    "--minutes",
    type=float,
    help="Be over after so many minutes, whatever the recipe's steps: they only say how the time is shared "
    "among the stages. Validations come by the recipe's steps, too, but take a tenth of the time at most, "
    "the last one apart.",
)
def run(
    recipe: Path,
    data: tuple[str, ...],
    output: Path | None,
    override: tuple[str, ...],
    lpips: Path | None,
    smoke: bool,
    accelerator: str,
    devices: str,
    num_nodes: int,
    threads: int | None,
    save_every: float,
    fresh: bool,
    minutes: float | None,
) -> None:
    """Train RECIPE, a TOML file, going on from its last checkpoint if there is one."""
    if minutes is not None and not 0 < minutes < math.inf:
        raise TrainingError(f"--minutes must be a number above 0, not {minutes:g}.")
    from .build import smoke_recipe
    from .train import train

    loaded = _load(recipe, override, lpips)
    folder = output or Path("runs") / (f"{loaded.name}-smoke" if smoke else loaded.name)
    best = train(
        smoke_recipe(loaded) if smoke else loaded,
        folder,
        data,
        _machine(accelerator, devices, num_nodes, threads),
        save_seconds=save_every,
        fresh=fresh or smoke,
        minutes=minutes,
    )
    click.echo(best)


@app.command("find-lr")
@recipe_file
@data
@output("lr.png", "The plot, a PNG.")
@number("--stage", 1, "Which stage of the recipe.", least=1)
@override
@accelerator
@threads
def find_lr(
    recipe: Path,
    data: tuple[str, ...],
    output: Path,
    stage: int,
    override: tuple[str, ...],
    accelerator: str,
    threads: int | None,
) -> None:
    """Search the learning rate of a stage of RECIPE: plot the loss while the rate rises, and suggest one."""
    from .files import check_output
    from .lr_finder import find_rate, write_plot

    check_output(output)
    loaded = _load(recipe, override, None)
    folder = Path("runs") / loaded.name
    finding = find_rate(loaded, folder, data, _machine(accelerator, "1", 1, threads), number=stage)
    write_plot(finding, output)
    click.echo(f"{finding.suggestion:.2g}  ({output})")


@app.command()
@click.argument("checkpoint", type=FILE)
@data
@output("samples.png", "The picture, a PNG.")
@number("--count", 6, "Photographs, a row each.", least=1)
@number("--side", 256, "Side of each picture in pixels.", least=32)
def samples(checkpoint: Path, data: tuple[str, ...], output: Path, count: int, side: int) -> None:
    """Show what CHECKPOINT, of any recipe, makes of photographs: input, result, truth."""
    from .files import check_output
    from .report import write_samples

    check_output(output)
    write_samples(checkpoint, data, output, count=count, side=side)
    click.echo(output)


@app.command()
@click.argument("checkpoints", type=FILE, nargs=-1, required=True)
@output("landscape.png", "The picture: .png, .webp, .svg or .pdf.")
@data
@number("--points", 25, "Losses along each side of the square, an odd number.")
@number("--span", 1.0, "How far from the weights, in lengths of each filter.")
@number("--seed", 0, "Of the two directions and the patches.")
@number("--patches", 8, "Held-out patches that the loss is averaged over.", least=1)
@threads
def look(
    checkpoints: tuple[Path, ...],
    output: Path,
    data: tuple[str, ...],
    points: int,
    span: float,
    seed: int,
    patches: int,
    threads: int | None,
) -> None:
    """Draw the loss landscape around CHECKPOINTS, as contours and as a surface, a row each (Li et al.
    2018)."""
    from .build import open_trained
    from .device import use_threads
    from .files import check_output
    from .lessons.landscape import check_name, landscape_of, write_landscapes

    check_name(output)
    check_output(output)
    use_threads(threads)
    opened = [open_trained(checkpoint) for checkpoint in checkpoints]
    drawn = [landscape_of(one, data, points=points, span=span, seed=seed, patches=patches) for one in opened]
    write_landscapes(drawn, output)
    click.echo(output)


@app.command()
@click.argument("checkpoint", type=FILE)
@output("slim.safetensors", "The new checkpoint.")
@data
@click.option(
    "--keep",
    default="0.5",
    show_default=True,
    help="The share of the residual blocks' work to keep, taken where it is missed least; or the channels of "
    "each block in the order in which they run: 16,32,32,... A 0 at the end takes out the level at the "
    "output's resolution.",
)
@number("--patches", 64, "How many patches the network is shown.", least=1)
@number("--patch", 48, "Their side in input pixels.", least=8)
@number("--step", 16, "With a share, blocks keep multiples of it: 16 suits AVX-512, 8 AVX2.", least=1)
@number("--fine", 0, "Channels for the finest level of the branch; 0 for all.", least=0)
@number("--marks", 0, "Channels for the last block of the decoder of marks; 0 for all.", least=0)
@threads
def slim(
    checkpoint: Path,
    output: Path,
    data: tuple[str, ...],
    keep: str,
    patches: int,
    patch: int,
    step: int,
    fine: int,
    marks: int,
    threads: int | None,
) -> None:
    """Write CHECKPOINT, of a fast_unet or deartifact_unets, with fewer channels inside its residual blocks,
    those that are missed least."""
    from .device import use_threads
    from .files import check_output
    from .pruning import parse_keep, prune_checkpoint

    check_output(output)
    use_threads(threads)
    blocks = prune_checkpoint(
        checkpoint,
        output,
        data,
        keep=parse_keep(keep),
        patches=patches,
        patch=patch,
        step=step,
        fine=fine,
        marks=marks,
    )
    for block in blocks:
        click.echo(f"{block.name}: {block.after} of {block.before}, {100 * block.error:.1f} % lost")
    click.echo(output)


@app.command()
@click.argument("folders", type=FILE, nargs=-1, required=True)
@output("shards", "The folder of the shards.")
@number("--megabytes", 200.0, "Size of a shard, about.")
def pack(folders: tuple[Path, ...], output: Path, megabytes: float) -> None:
    """Pack the photographs in FOLDERS into tar shards for --data, in WebDataset's layout."""
    from .data import pack
    from .files import check_folder

    check_folder(output)
    shards = pack(folders, output, megabytes=megabytes)
    click.echo(f"{shards[0]} to {shards[-1].name}" if len(shards) > 1 else shards[0])


def _load(path: Path, override: tuple[str, ...], lpips: Path | None) -> Recipe:
    from .config import load_recipe, parse_override, with_overrides

    overrides = dict(parse_override(text) for text in override)
    if lpips is not None:
        overrides["lpips"] = str(lpips)
    return with_overrides(load_recipe(path), overrides, str(path))


def _machine(accelerator: str, devices: str, num_nodes: int, threads: int | None) -> Machine:
    from .device import Machine

    if devices != "auto" and not (devices.isdecimal() and int(devices)):
        raise TrainingError(f"--devices must be a number above 0, or auto, not {devices!r}.")
    return Machine(accelerator, devices if devices == "auto" else int(devices), num_nodes, threads)


def main() -> None:
    """Entry point: a TrainingError is one sentence and exit code 1, Ctrl+C is 130."""
    from rich.logging import RichHandler

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(show_path=False)])
    try:
        sys.exit(app.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("unfade-train: interrupted.", err=True)
        sys.exit(130)
    except TrainingError as error:
        click.echo(f"unfade-train: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("unfade"):
            raise
        click.echo(f"unfade-train: {missing_package(error, 'train')}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
