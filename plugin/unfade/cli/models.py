"""``unfade models``: which generators there are, and what each says of itself."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from unfade.catalog import Model

models = typer.Typer(help="Show the installed models.", rich_markup_mode=None, no_args_is_help=False)

_AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


@models.command("list")
def list_(as_json: _AsJson = False) -> int:
    """One line for each installed model."""
    from unfade import places
    from unfade.catalog import list_models

    found = list_models()
    if as_json:
        for model in found:
            typer.echo(json.dumps(_record(model)))
    elif not found:
        typer.echo(f"unfade: No model is installed; put .onnx files into {places.models_dir()}.", err=True)
    else:
        width = max(len(model.card.name) for model in found)
        for model in found:
            card = model.card
            words = f"{card.task.value:<10}  x{card.scale}  {card.variant.value:<8}  {model.source.value:<7}"
            typer.echo(f"{card.name:<{width}}  {words}  {card.title}")
    return 0


@models.command("info")
def info(
    name: Annotated[
        str, typer.Argument(metavar="NAME|PATH", help="A name from unfade models list, or a file.")
    ],
    as_json: _AsJson = False,
) -> int:
    """All that one model says of itself."""
    from unfade.catalog import find_model

    record = _record(find_model(name))
    if as_json:
        typer.echo(json.dumps(record))
        return 0
    for key, value in record.items():
        if value in (None, "", {}):
            continue
        if key == "recipe":
            typer.echo("recipe")
            for line in str(value).splitlines():
                typer.echo(f"  {line}")
        else:
            typer.echo(f"{key.replace('_', ' '):<16} {_text(value)}")
    return 0


def _record(model: Model) -> dict[str, Any]:
    """Path, source and size of the file, then the card's fields."""
    card = dataclasses.asdict(model.card)
    card["metrics"] = dict(model.card.metrics)
    for key in ("task", "variant", "tiling"):
        card[key] = card[key].value
    recipe = card.pop("recipe")
    return {
        "name": card.pop("name"),
        **card,
        "file_bytes": model.path.stat().st_size,
        "path": str(model.path),
        "source": model.source.value,
        "recipe": recipe,
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {entry:g}" for key, entry in value.items())
    if isinstance(value, tuple | list):
        return "; ".join(
            f"{tensor['name']} {tensor['channels']} x {tensor['colour_space']}" for tensor in value
        )
    return str(value)
