"""Which models there are: those shipped with the program and the user's own."""

from __future__ import annotations

import functools
import logging
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from unfade import paths
from unfade.errors import ModelError, did_you_mean
from unfade.inference import session
from unfade.inference.variants import is_half_variant
from unfade.models.card import ModelCard

logger = logging.getLogger(__name__)

MODELS_VARIABLE = "UNFADE_MODELS"
"""An environment variable that may name one more folder of models (several, parted as in PATH)."""


class Source(str, Enum):
    """Where a model comes from."""

    SHIPPED = "shipped"
    USER = "user"


@dataclass(frozen=True)
class Model:
    """A model file and what it says of itself; ``card.name`` is its name."""

    path: Path
    card: ModelCard
    source: Source


def list_models() -> list[Model]:
    """All usable models, by name.

    Of models with one name the user's hides the shipped one. A file that cannot be used is left out and noted
    in the log, so that one damaged file does not take the others with it.
    """
    found: dict[str, Model] = {}
    for path, source in _files():
        try:
            card = _card_of(path)
        except ModelError as error:
            logger.warning("%s", error)
            continue
        found.setdefault(card.name, Model(path, card, source))
    return sorted(found.values(), key=lambda model: model.card.name)


def find_model(name_or_path: str | Path) -> Model:
    """The model of that name, or the one in that ``.onnx`` file.

    Raises:
        ModelError: there is none (with the nearest names), or its file cannot be used.
    """
    text = str(name_or_path)
    models = {model.card.name: model for model in list_models()}
    if text in models:
        return models[text]
    path = Path(name_or_path).expanduser()
    if path.suffix.lower() == ".onnx" or len(path.parts) > 1:
        source = Source.SHIPPED if path.resolve().parent == paths.shipped_models_dir() else Source.USER
        return Model(path, _card_of(path, probing=True), source)
    for file, _ in _files():  # a damaged model is not in the list; say why instead of that it does not exist
        if file.stem == text:
            _card_of(file)
    raise ModelError(f"There is no model {text!r}{_hint(text, list(models))}")


def _hint(text: str, names: list[str]) -> str:
    if names:
        return did_you_mean(text, names)
    return f": no models are installed; put .onnx files into {paths.models_dir()}."


def _files() -> list[tuple[Path, Source]]:
    """Model files, those that take precedence first."""
    extra = [Path(part) for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    folders = [(folder, Source.USER) for folder in (*extra, paths.models_dir())]
    folders.append((paths.shipped_models_dir(), Source.SHIPPED))
    return [
        (path, source)
        for folder, source in folders
        for path in sorted(folder.glob("*.onnx"))
        if not is_half_variant(path)  # the engine's own choice
    ]


def _card_of(path: Path, *, probing: bool = False) -> ModelCard:
    try:
        status = path.stat()
    except OSError as error:
        raise ModelError(f"There is no model file {path}.") from error
    return _read_card(path, status.st_mtime_ns, status.st_size, probing)


@functools.lru_cache(maxsize=256)
def _read_card(path: Path, _modified: int, _size: int, probing: bool) -> ModelCard:
    """Read or find out a card once for every state of its file."""
    return session.card_of(path, probing=probing)
