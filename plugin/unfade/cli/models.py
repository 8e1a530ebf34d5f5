"""``unfade models``: which generators there are, what each says of itself, and the user's own."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import click

from unfade.cli.running import has_bars, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from unfade.models import Model

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@click.group()
def models() -> None:
    """Show the installed models, and add your own."""


@models.command("list")
@_as_json
def list_(as_json: bool) -> int:
    """One line for each installed model, and a sentence for each file that cannot be used."""
    from unfade import paths
    from unfade.models import broken_models, list_models

    found = list_models()
    for broken in broken_models():
        say(f"unfade: {broken.reason}", err=True)
    if as_json:
        for model in found:
            say(json.dumps(_record(model)))
    elif not found:
        say(
            f"unfade: No model is installed; unfade models add FILE puts one into {paths.models_dir()}.",
            err=True,
        )
    else:
        width = max(len(model.card.name) for model in found)
        for model in found:
            card = model.card
            words = f"{card.task:<10}  x{card.scale}  {card.variant.value:<8}  {model.source.value:<7}"
            say(f"{card.name:<{width}}  {words}  {card.title}")
    return 0


@models.command("info")
@click.argument("name", metavar="NAME|PATH")
@_as_json
def info(name: str, as_json: bool) -> int:
    """All that one model says of itself."""
    from unfade.inference import probe_file
    from unfade.models import find_model

    record = _record(find_model(name, probe_file))
    if as_json:
        say(json.dumps(record))
        return 0
    for key, value in record.items():
        if value in (None, "", {}):
            continue
        if key == "recipe":
            say("recipe")
            for line in str(value).splitlines():
                say(f"  {line}")
        else:
            say(f"{key.replace('_', ' '):<16} {_text(value)}")
    return 0


@models.command("add")
@click.argument("source", metavar="FILE|URL")
@click.option("--replace", is_flag=True, help="Take the place of one of the same name.")
def add(source: str, replace: bool) -> int:
    """Add a model to your own: it is looked through, tried out, and probed where it has no card."""
    from unfade.models.library import add_model

    with _Bytes() as bar:
        model = add_model(source, replace=replace, on_bytes=bar.update)
    card = model.card
    say(f"{card.name}  {card.task}  x{card.scale}  {model.path}")
    return 0


@models.command("remove")
@click.argument("name")
def remove(name: str) -> int:
    """Delete one of your own models."""
    from unfade.models.library import remove_model

    for path in remove_model(name):
        say(f"deleted {path}")
    return 0


@models.command("verify")
def verify() -> int:
    """Compare your own models with their checksums; exit code 1 where one is not what was added."""
    from unfade.models.library import verify_models

    verdicts = verify_models()
    for verdict in verdicts:
        say(f"{verdict.name}  {verdict.state.value}")
        if verdict.reason:
            say(f"unfade: {verdict.reason}", err=True)
    return int(not all(verdict.state.well for verdict in verdicts))


class _Bytes:
    """A bar for a download, where standard error is a terminal."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def __enter__(self) -> _Bytes:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, done: int, total: int | None) -> None:
        if not has_bars():
            return
        if self._progress is None:
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress

            self._progress = Progress(
                BarColumn(), DownloadColumn(), console=Console(stderr=True), transient=True
            )
            self._progress.add_task("")
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done, total=total)


def _record(model: Model) -> dict[str, Any]:
    """Path, source and size of the file, then the card's fields."""
    card = dataclasses.asdict(model.card)
    card["metrics"] = dict(model.card.metrics)
    for key in ("variant", "tiling"):
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
    if isinstance(value, tuple) and isinstance(value[0], int):
        height, width = value
        return f"{width} x {height}"
    if isinstance(value, tuple | list):
        return "; ".join(
            f"{tensor['name']} {tensor['channels']} x {tensor['colour_space']}" for tensor in value
        )
    return str(value)
