"""Values of a recipe set from outside its tables: ``--override``, ``[gpu]``, and the smoke run.

An override is a dotted path and a value: ``network.channels``, ``stage.2.batch`` (the second stage), or
``stage.batch`` (every stage). The values that were overridden are written into the recipe's text as its last
table, ``[override]``, so that checkpoints and models name the recipe that really made them.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import PureWindowsPath
from typing import Any

from .errors import TrainingError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HEADER = "\n\n# What was set from outside for this run.\n[override]\n"


def parse_override(text: str) -> tuple[str, object]:
    """``stage.lr=1e-4`` -> path and value; what is not valid TOML is taken as a text.

    Raises:
        TrainingError: there is no ``=``, or nothing before it.
    """
    path, equals, raw = text.partition("=")
    if not equals or not path.strip():
        raise TrainingError(f"--override takes key=value, as in stage.batch=8, not {text!r}.")
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw
    return path.strip(), value


def override_text(text: str, overrides: Mapping[str, object]) -> str:
    """The text of a recipe with its ``[override]`` table extended by ``overrides``."""
    if not overrides:
        return text
    body, _, _ = text.partition(_HEADER)
    merged = {**overrides_of(text), **overrides}
    return body + _HEADER + "".join(f"{json.dumps(k)} = {_toml(v)}\n" for k, v in merged.items())


def overrides_of(text: str) -> dict[str, object]:
    """What has been overridden in the text of a recipe."""
    return dict(tomllib.loads(text).get("override", {}))


def without_places(text: str) -> str:
    """The text of a recipe whose overrides tell only the names of files: for what leaves this machine, whose
    folders nobody else has."""
    named = {
        key: PureWindowsPath(value).name  # which knows both kinds of slashes
        for key, value in overrides_of(text).items()
        if isinstance(value, str)
    }
    return override_text(text, named)


def apply_overrides(table: dict[str, Any], overrides: Mapping[str, object], where: str) -> None:
    """Set the values in a recipe's parsed table, in place.

    ``stage.loss.feature.weights`` sets the option in those stages that have the table ``loss.feature``.

    Raises:
        TrainingError: the path leads nowhere.
    """
    for path, value in overrides.items():
        first, *rest = path.split(".")
        if first != "stage":
            _set(table, [first, *rest], value, f"{where}: the override {path!r}", create=True)
            continue
        stages = table.get("stage", [])
        if rest and rest[0].isdigit():
            number = int(rest.pop(0))
            if not 1 <= number <= len(stages):
                raise TrainingError(f"{where}: the override {path!r}: there are {len(stages)} stages.")
            _set(stages[number - 1], rest, value, f"{where}: the override {path!r}", create=True)
            continue
        reached = [
            _set(stage, rest, value, f"{where}: the override {path!r}", create=False) for stage in stages
        ]
        if not any(reached):
            raise TrainingError(f"{where}: the override {path!r} fits no stage.")


def _set(table: dict[str, Any], path: list[str], value: object, where: str, *, create: bool) -> bool:
    """Whether the tables on the way were there (or were made)."""
    if not path:
        raise TrainingError(f"{where} names a table, not a value in it.")
    for key in path[:-1]:
        if key not in table and not create:
            return False
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            if not create:
                return False
            raise TrainingError(f"{where}: {key!r} is no table.")
        table = inner
    table[path[-1]] = value
    return True


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
