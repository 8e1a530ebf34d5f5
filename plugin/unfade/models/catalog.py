"""Which models there are: those shipped with the program and the user's own.

Cards are read from the files themselves (see :mod:`unfade.models.onnx_file`), so that listing models loads no
runtime, and whatever is wrong with one file concerns that file alone.
"""

from __future__ import annotations

import functools
import logging
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO, TypeAlias

from unfade import paths
from unfade.errors import ModelError, did_you_mean
from unfade.models.card import ModelCard, Tensor
from unfade.models.onnx_file import Contents, Value, is_half_precision, read_contents

logger = logging.getLogger(__name__)

Probe: TypeAlias = Callable[[Path], ModelCard]
"""Finds out the card of a model without one; raises ModelError."""

MODELS_VARIABLE = "UNFADE_MODELS"
"""An environment variable that may name one more folder of models (several, parted as in PATH)."""
MOST_BYTES = 2 << 30
"""Of a model's file: a protobuf, and so an ONNX file, cannot be larger."""


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


@dataclass(frozen=True)
class BrokenModel:
    """A file among the models that cannot be used, and why: a sentence that names it."""

    path: Path
    source: Source
    reason: str


@dataclass(frozen=True)
class _File:
    """A model file in the state that it was listed in."""

    path: Path
    source: Source
    modified: int
    size: int


def model_folders() -> list[tuple[Path, Source]]:
    """Where models lie, those that take precedence first; a folder need not exist."""
    extra = [Path(part) for part in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if part]
    users = [(folder, Source.USER) for folder in (*extra, paths.models_dir())]
    return [*users, (paths.shipped_models_dir(), Source.SHIPPED)]


def list_models() -> list[Model]:
    """All usable models, by name.

    Of models with one name the user's hides the shipped one. A file that cannot be used is left out and noted
    in the log (:func:`broken_models` tells which). While no file changes, nothing is read again.
    """
    return list(_listed(_files())[0])


def broken_models() -> list[BrokenModel]:
    """The files that :func:`list_models` leaves out."""
    return list(_listed(_files())[1])


def find_model(name_or_path: str | Path, probe: Probe | None = None) -> Model:
    """The model of that name, or the one in that ``.onnx`` file.

    Args:
        probe: see :func:`card_of`.

    Raises:
        ModelError: there is none (with the nearest names), or its file cannot be used.
    """
    text = str(name_or_path)
    models = {model.card.name: model for model in list_models()}
    if text in models:
        return models[text]
    path = paths.in_home(name_or_path)
    if path.suffix.lower() == ".onnx" or len(path.parts) > 1:
        source = Source.SHIPPED if paths.resolved(path).parent == paths.shipped_models_dir() else Source.USER
        return Model(path, card_of(path, probe), source)
    for broken in broken_models():  # say why, instead of that it does not exist
        if broken.path.stem == text:
            raise ModelError(broken.reason)
    raise ModelError(f"There is no model {text!r}{_hint(text, list(models))}")


def card_of(path: Path, probe: Probe | None = None) -> ModelCard:
    """The card of a model file, read once for every state of the file.

    Args:
        probe: finds out what would stand in the card of a model without one
            (:func:`unfade.inference.probe_file` runs it on small pictures).

    Raises:
        ModelError: as :func:`read_card`, and for a model without a card where there is no ``probe``.
    """
    card = read_card(path)
    if card is None and probe is not None:
        return _probed(probe, path, *_state(path))
    if card is None:
        raise ModelError(
            f"The model {path} has no Unfade card, so its scale and borders are unknown: "
            "unfade models add finds them out and keeps them."
        )
    return card


def read_card(path: Path) -> ModelCard | None:
    """The card in a model file, None where it has none; read once for every state of the file.

    Raises:
        ModelError: the file cannot be read, is no ONNX model, or must not be loaded (see
            :attr:`Contents.objection`); the card is damaged, newer, or speaks of other tensors than the
            network has.
    """
    return _read_card(path, *_state(path))


def _hint(text: str, names: list[str]) -> str:
    if names:
        return did_you_mean(text, names)
    return f": no models are installed; put .onnx files into {paths.models_dir()}."


def _files() -> tuple[_File, ...]:
    """Model files as they are now, those that take precedence first."""
    return tuple(
        _File(path, source, *_state(path)) for folder, source in model_folders() for path in _onnx_in(folder)
    )


def _onnx_in(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        logger.warning("The folder of models %s cannot be read: %s", folder, error.strerror)
        return
    for path in found:
        if path.name.endswith(".onnx") and not is_half_precision(path):  # those are the engine's own choice
            yield path


def _state(path: Path) -> tuple[int, int]:
    """Time of the last change and size; of a file that is not there or cannot be asked, zeros."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return status.st_mtime_ns, status.st_size


@functools.lru_cache(maxsize=4)
def _listed(files: tuple[_File, ...]) -> tuple[tuple[Model, ...], tuple[BrokenModel, ...]]:
    found: dict[str, Model] = {}
    broken = []
    for file in files:
        try:
            card = card_of(file.path)
        except ModelError as error:
            logger.warning("%s", error)
            broken.append(BrokenModel(file.path, file.source, str(error)))
        else:
            found.setdefault(card.name, Model(file.path, card, file.source))
    return tuple(found[name] for name in sorted(found)), tuple(broken)


@functools.lru_cache(maxsize=256)
def _read_card(path: Path, _modified: int, _size: int) -> ModelCard | None:
    contents = contents_of(path)
    for beside in contents.weight_files:
        if not (path.parent / beside).is_file():
            raise ModelError(f"The model {path} keeps weights in {beside}, which is not beside it.")
    try:
        card = ModelCard.from_metadata(contents.metadata)
    except ModelError as error:
        raise ModelError(f"The model {path} cannot be used: {error}.") from error
    if card is not None:
        _check_tensors("input", card.inputs, contents.inputs, path)
        _check_tensors("output", card.outputs, contents.outputs, path)
        _check_size(card, contents.inputs[0], path)
    return card


def contents_of(path: Path, *, called: str | None = None) -> Contents:
    """What a model file holds.

    Args:
        called: what its user knows it by, where that is not its path.

    Raises:
        ModelError: it cannot be read, is no ONNX model, or must not be loaded (:attr:`Contents.objection`).
    """
    name = called or path
    try:
        contents = read_contents(_read_file(path))
    except ValueError as error:
        raise ModelError(f"The model {name} cannot be loaded: {error}.") from error
    if contents.objection is not None:
        raise ModelError(f"The model {name} cannot be used: {contents.objection}.")
    return contents


def open_file(path: Path, limit: float = MOST_BYTES) -> BinaryIO:
    """A model's file, to be read. Raises ModelError for what is no file, may not be read, or has more bytes
    than ``limit``."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise FileNotFoundError
        if status.st_size > limit:
            raise ModelError(f"{path} is larger than the {limit / 2**20:,.0f} MiB that a model may have.")
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(f"There is no model file {path}.") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"The model {path} cannot be read: {reason}.") from error


def _read_file(path: Path) -> bytes:
    """The bytes of a model. Raises ModelError."""
    try:
        with open_file(path) as stream:
            return stream.read()
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror}.") from error
    except MemoryError:
        raise ModelError(f"There is not enough memory to load the model {path}.") from None


@functools.lru_cache(maxsize=16)
def _probed(probe: Probe, path: Path, _modified: int, _size: int) -> ModelCard:
    return probe(path)


def _check_tensors(kind: str, described: Sequence[Tensor], real: Sequence[Value], path: Path) -> None:
    names, wanted = [value.name for value in real], [tensor.name for tensor in described]
    if sorted(wanted) != sorted(names):
        raise ModelError(
            f"The model {path} cannot be used: its card describes the {kind}s {', '.join(wanted)}, "
            f"but the network has {', '.join(names)}."
        )
    for value in real:
        if value.elements != "float" or (value.shape is not None and len(value.shape) != 4):
            raise ModelError(
                f"The model {path} cannot be used: its {kind} {value.name} is a tensor({value.elements}) of "
                f"{len(value.shape or ())} dimensions, not float32 pictures of 4 (NCHW)."
            )


def _check_size(card: ModelCard, fed: Value, path: Path) -> None:
    """Compare the card's fixed size with that of the network."""
    sides, described = (fed.shape or (None,) * 4)[2:], card.fixed_size or (None, None)
    if sides != described:
        takes, says = (f"{w or 'any'} x {h or 'any'}" for h, w in (sides, described))
        raise ModelError(
            f"The model {path} cannot be used: it takes pictures of {takes} pixels, but its card says "
            f"{says}; export it again."
        )
