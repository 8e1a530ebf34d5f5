"""Add a model to the user's own: looked through, tried out, and there as a whole or not at all."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from unfade import paths
from unfade.errors import ModelError, OutputError
from unfade.inference import session
from unfade.inference.probing import probe, try_out
from unfade.inference.providers import CPU
from unfade.inference.variants import half_variant, is_half_variant
from unfade.models.card import ModelCard
from unfade.models.catalog import Model, Source
from unfade.models.download import MOST_BYTES, OnBytes, download, is_address, name_in
from unfade.models.index import Entry, checksum, read_index, write_index
from unfade.models.onnx_file import read_contents, with_metadata

logger = logging.getLogger(__name__)

_SUFFIX = ".onnx"


@dataclass(frozen=True)
class _Staged:
    """Files that lie in a folder of their own until all is well."""

    folder: Path
    model: Path
    others: tuple[PurePath, ...]
    """Weights kept outside the model and its variants, by their names in the folder."""


def add_model(
    source: str | Path,
    *,
    replace: bool = False,
    limit: int = MOST_BYTES,
    on_bytes: OnBytes | None = None,
) -> Model:
    """Copy or download a model into the user's folder.

    A model without a card is probed, and the card that comes of it is written into the copy. A float16
    variant and weights that lie beside a local file come along.

    Args:
        source: a ``.onnx`` file or an https address of one.
        replace: whether a model of the same name among the user's own may be replaced.
        limit: bytes that a file may have.
        on_bytes: told of a download's progress.

    Raises:
        ModelError: the file is missing, too large, damaged, needs operators or files it must not need, takes
            or gives no pictures, has a card of a newer version, or has a name that is taken.
        OutputError: the user's folder cannot be written. In either case nothing has changed.
    """
    text, folder = str(source), paths.models_dir()
    with _staging(folder) as stage:
        staged = (
            _fetched(text, stage, limit, on_bytes)
            if is_address(text)
            else _copied(Path(source), stage, limit)
        )
        card = _tried(staged, text)
        entries = read_index(folder)
        final = folder / f"{card.name}{_SUFFIX}"
        if not replace and (card.name in entries or final.exists()):
            raise ModelError(
                f"There is a model {card.name} among your own already; remove it first, or use --replace."
            )
        _take_over(staged, final, card, entries, text)
    return Model(final, card, Source.USER)


def remove_model(name: str) -> list[Path]:
    """Delete a model of the user's own and what came with it; gives the files.

    Raises:
        ModelError: there is none of that name among the user's own.
        OutputError: a file cannot be deleted.
    """
    folder = paths.models_dir()
    entries = read_index(folder)
    entry = entries.pop(name, None)
    by_hand = folder / f"{name}{_SUFFIX}"
    if entry is not None:
        shared = {file for other in entries.values() for file in other.files}
        files = [folder / file for file in entry.files if file not in shared]
    elif PurePath(name).name == name and by_hand.is_file():
        files = [by_hand, half_variant(by_hand)]
    else:
        raise ModelError(
            f"There is no model {name!r} among your own in {folder}; unfade models list shows what there is."
        )
    gone = []
    try:
        for path in files:
            if path.exists():
                path.unlink()
                gone.append(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be deleted: {error.strerror}.") from error
    if entry is not None:
        write_index(folder, entries)
    return gone


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=folder) as stage:
            yield Path(stage)
    except OSError as error:
        raise OutputError(
            f"The folder of your models, {folder}, cannot be written: {error.strerror}."
        ) from error


def _fetched(address: str, stage: Path, limit: int, on_bytes: OnBytes | None) -> _Staged:
    name = _checked_name(name_in(address), address)
    download(address, stage / name, limit=limit, on_bytes=on_bytes)
    if _external(stage / name, address):
        raise ModelError(
            f"The model {address} keeps its weights in other files; download all of them and add the model "
            "from there."
        )
    return _Staged(stage, stage / name, ())


def _copied(path: Path, stage: Path, limit: int) -> _Staged:
    path = path.expanduser()
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.")
    name = _checked_name(path.name, str(path))
    if path.stat().st_size > limit:
        raise ModelError(f"{path} is larger than the {limit / 2**20:,.0f} MiB that a model may have.")
    shutil.copyfile(path, stage / name)
    if half_variant(path).is_file():
        shutil.copyfile(half_variant(path), stage / half_variant(path).name)
    others = _external(stage / name, str(path))
    for other in others:
        if not (path.parent / other).is_file():
            raise ModelError(f"The model {path} keeps weights in {other}, which is not beside it.")
        (stage / other).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path.parent / other, stage / other)
    return _Staged(stage, stage / name, others)


def _checked_name(name: str, source: str) -> str:
    path = Path(name)
    if path.suffix.lower() != _SUFFIX:
        raise ModelError(
            f"{source} is not an ONNX model by its name: it must end in .onnx (unfade-export community turns "
            "checkpoints into such)."
        )
    if is_half_variant(path):
        raise ModelError(f"{source} is a float16 variant; add the model that it belongs to.")
    return name


def _external(path: Path, source: str) -> tuple[PurePath, ...]:
    """Files of weights the model wants, all inside its folder; refuses what must not be loaded at all."""
    try:
        contents = read_contents(path.read_bytes())
    except ValueError as error:
        raise ModelError(f"The model {source} cannot be used: {error}.") from error
    if contents.custom_operators:
        raise ModelError(
            f"The model {source} cannot be used: it needs operators that are not ONNX Runtime's own "
            f"({', '.join(contents.custom_operators[:3])})."
        )
    for location in contents.external:
        if not _inside(location):
            raise ModelError(
                f"The model {source} cannot be used: it would read {location!r}, which is outside its folder."
            )
    return tuple(PurePosixPath(location.replace("\\", "/")) for location in sorted(contents.external))


def _inside(location: str) -> bool:
    """Whether a name can only mean a file in the same folder or below, on every system."""
    windows = PureWindowsPath(location)
    return bool(location) and not (windows.drive or windows.root or ".." in windows.parts)


def _tried(staged: _Staged, source: str) -> ModelCard:
    """The card of a staged model that was run once; the copy has it inside from now on."""
    try:
        inner, _ = session.start(staged.model, [(CPU, {})])
        card = session.read_card(inner, staged.model)
        if card is None:
            card = probe(inner, staged.model)
            staged.model.write_bytes(with_metadata(staged.model.read_bytes(), card.to_metadata()))
        try_out(inner, card, staged.model)
        variant = half_variant(staged.model)
        if variant.is_file():
            if _external(variant, source) or session.card_of(variant) != card:
                raise ModelError(
                    f"The float16 variant beside {source} is not one of this model; export both anew, or "
                    "take it away."
                )
            try_out(session.start(variant, [(CPU, {})])[0], card, variant)
    except ModelError as error:
        raise ModelError(str(error).replace(str(staged.model), source)) from error
    return card


def _take_over(staged: _Staged, final: Path, card: ModelCard, entries: dict[str, Entry], source: str) -> None:
    """Move staged files to their places, the model last, and note them."""
    folder = final.parent
    moves = [(staged.folder / other, folder / other) for other in staged.others]
    variant = half_variant(staged.model)
    if variant.is_file():
        moves.append((variant, half_variant(final)))
    moves.append((staged.model, final))
    sums = {target.relative_to(folder).as_posix(): checksum(origin) for origin, target in reversed(moves)}
    for origin, target in moves[: len(staged.others)]:
        if target.exists() and checksum(target) != checksum(origin):
            raise ModelError(
                f"The model {source} keeps weights in {target.name}, and another file of that name is among "
                "your models already; rename one of the two."
            )
    new = [target for _, target in moves if not target.exists()]
    stale = set(entries[card.name].files) - set(sums) if card.name in entries else set()
    try:
        for origin, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            origin.replace(target)
        write_index(folder, {**entries, card.name: Entry(sums, source)})
    except (OSError, OutputError):
        for target in new:
            target.unlink(missing_ok=True)
        raise
    if not variant.is_file() and half_variant(final) not in new:
        stale.add(half_variant(final).name)
    kept = {file for name, entry in entries.items() if name != card.name for file in entry.files}
    for file in stale - kept - set(sums):
        (folder / file).unlink(missing_ok=True)
