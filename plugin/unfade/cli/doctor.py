"""``unfade doctor``: what to look at, and what to send along, when something does not work."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from unfade.doctor import Examination


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the same as one JSON object.")] = False,
) -> int:
    """Tell versions, devices and why not the GPU, models, and where the log is."""
    from unfade.doctor import examine

    examination = examine()
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(examination)))
    else:
        for line in _lines(examination):
            typer.echo(line)
    return 0 if examination.healthy else 1


def _lines(examination: Examination) -> list[str]:
    lines = ["Versions"]
    lines += [f"  {name:<20} {version}" for name, version in examination.versions.items()]
    lines += ["", "Devices, the first that works is used"]
    for device in examination.devices:
        lines.append(f"  {device.label:<20} {'yes' if device.usable else 'no'}{_aside(device.note)}")
    lines += ["", "Models"]
    for model in examination.models:
        # Why it is not the GPU is told once, above.
        state = f"runs on {model.runs_on}" if model.runs_on else f"cannot be used{_aside(model.note)}"
        lines.append(f"  {model.name:<20} {state}")
    if not examination.models:
        lines.append(f"  none; put .onnx files made by unfade-export into {examination.places['models']}")
    lines += ["", "Places"]
    lines += [f"  {name:<20} {place}" for name, place in examination.places.items()]
    return lines


def _aside(note: str | None) -> str:
    return f", {note}" if note else ""
