"""The user's own models: added as a whole or not at all, removed, and checked against what was added.

They come from files, or over https with a size limit. An index beside them notes the files of each, where
they came from, and their checksums.
"""

from __future__ import annotations

import hashlib
import http.client
import math
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePath
from typing import IO, Any
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from unfade import __version__, paths
from unfade.errors import ModelError, OutputError
from unfade.inference import load_on_cpu, probe_file
from unfade.models.card import ModelCard
from unfade.models.catalog import MOST_BYTES, Model, Source, card_of, contents_of, open_file, read_card
from unfade.models.onnx_file import half_precision_file, is_half_precision, with_metadata
from unfade.models.probing import probe, try_out

_SUFFIX = ".onnx"
_INDEX = "index.json"
_STAGE = ".adding-"
_LONG_AGO = 24 * 3600  # seconds


class ModelState(str, Enum):
    """What became of a model of the user's."""

    WHOLE = "whole"
    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN = "added by hand"
    UNUSABLE = "unusable"

    @property
    def well(self) -> bool:
        return self in (ModelState.WHOLE, ModelState.UNKNOWN)


@dataclass(frozen=True)
class Verdict:
    """On one model: its name (for a file that was never added, the file's stem), and why it is not well."""

    name: str
    state: ModelState
    reason: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One added model in the index."""

    files: dict[str, str]
    """SHA-256 by file name, the model itself first."""
    source: str
    """The file or address it came from."""

    def __post_init__(self) -> None:
        if not self.files or any(Path(n).is_absolute() or ".." in Path(n).parts for n in self.files):
            raise ValueError("files of a model lie in its folder")


class _Index(msgspec.Struct):
    models: dict[str, Entry]
    version: int = 1


@dataclass(frozen=True)
class _Staged:
    """Files that lie in a folder of their own until all is well."""

    folder: Path
    model: Path
    others: list[PurePath]
    """Weights kept outside the model and its float16 file, by their names in the folder."""


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
        with paths.one_at_a_time(folder):
            entries = _read_index(folder)
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
    with paths.one_at_a_time(folder) if folder.is_dir() else nullcontext():
        return _remove(folder, name)


def _remove(folder: Path, name: str) -> list[Path]:
    entries = _read_index(folder)
    entry = entries.pop(name, None)
    by_hand = folder / f"{name}{_SUFFIX}"
    if entry is not None:
        shared = {file for other in entries.values() for file in other.files}
        files = [folder / file for file in entry.files if file not in shared]
    elif name and PurePath(name).name == name and (by_hand.is_symlink() or by_hand.exists()):
        files = [by_hand, half_precision_file(by_hand)]
    else:
        raise ModelError(
            f"There is no model {name!r} among your own in {folder}; unfade models list shows what there is."
        )
    gone = []
    try:
        for path in files:
            if path.is_symlink() or path.exists():
                path.unlink()
                gone.append(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be deleted: {error.strerror}.") from error
    if entry is not None:
        _write_index(folder, entries)
    return gone


def verify_models() -> list[Verdict]:
    """Compare every file among the user's own models with the checksum it was added with, and load it.

    Raises:
        ModelError: the index is damaged.
    """
    folder = paths.models_dir()
    entries = _read_index(folder)
    verdicts = [_verdict(folder, name, entry.files) for name, entry in entries.items()]
    known = {file for entry in entries.values() for file in entry.files}
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        if path.name not in known and not is_half_precision(path):
            verdicts.append(_tried_verdict(path.stem, path, ModelState.UNKNOWN))
    return sorted(verdicts, key=lambda verdict: verdict.name)


def _verdict(folder: Path, name: str, files: Mapping[str, str]) -> Verdict:
    for file, digest in files.items():
        path = folder / file
        if not path.is_file():
            return Verdict(name, ModelState.MISSING, f"{path} is gone: add the model again.")
        try:
            same = _checksum(path) == digest
        except OSError as error:
            return Verdict(name, ModelState.UNUSABLE, f"{path} cannot be read: {error.strerror}.")
        if not same:
            return Verdict(name, ModelState.CHANGED, f"{path} is not what was added: add the model again.")
    return _tried_verdict(name, folder / next(iter(files)), ModelState.WHOLE)


def _tried_verdict(name: str, path: Path, well: ModelState) -> Verdict:
    """``well`` where the model can be loaded and has a card, or one can be found out."""
    try:
        card_of(path, probe_file if well is ModelState.UNKNOWN else None)
        load_on_cpu(path)
    except ModelError as error:
        return Verdict(name, ModelState.UNUSABLE, str(error))
    return Verdict(name, well)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_STAGE}*"):
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _LONG_AGO:  # by a process that was killed
                    shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_STAGE, dir=folder) as stage:
            yield Path(stage)
    except OSError as error:
        raise OutputError(
            f"The folder of your models, {folder}, cannot be written: {error.strerror}."
        ) from error


def _fetched(address: str, stage: Path, limit: int, on_bytes: OnBytes | None) -> _Staged:
    name = _checked_name(name_in(address), address)
    download(address, stage / name, limit=limit, on_bytes=on_bytes)
    if contents_of(stage / name, called=address).weight_files:
        raise ModelError(
            f"The model {address} keeps its weights in other files; download all of them and add the model "
            "from there."
        )
    return _Staged(stage, stage / name, [])


def _copied(path: Path, stage: Path, limit: int) -> _Staged:
    path = paths.in_home(path)
    with open_file(path, limit) as stream:
        name = _checked_name(path.name, str(path))
        _write(stream, stage / name)
    half = half_precision_file(path)
    if paths.is_file(half):
        with open_file(half, limit) as stream:
            _write(stream, stage / half.name)
    others = contents_of(stage / name, called=str(path)).weight_files
    for other in others:
        if not paths.is_file(path.parent / other):
            raise ModelError(f"The model {path} keeps weights in {other}, which is not beside it.")
        with open_file(path.parent / other, math.inf) as stream:
            _write(stream, stage / other)
    return _Staged(stage, stage / name, others)


def _write(stream: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as out:
        shutil.copyfileobj(stream, out, _BLOCK)


def _checked_name(name: str, source: str) -> str:
    path = Path(name)
    if path.suffix.lower() != _SUFFIX:
        raise ModelError(
            f"{source} is not an ONNX model by its name: it must end in .onnx (unfade-export community turns "
            "checkpoints into such)."
        )
    if is_half_precision(path):
        raise ModelError(f"{source} is a float16 variant; add the model that it belongs to.")
    return name


def _tried(staged: _Staged, source: str) -> ModelCard:
    """The card of a staged model that was run once; the copy has it inside from now on."""
    try:
        inner = load_on_cpu(staged.model, optimise=True)
        card = read_card(staged.model)
        if card is None:
            card = probe(inner, staged.model)
            staged.model.write_bytes(with_metadata(staged.model.read_bytes(), card.to_metadata()))
        try_out(inner, card, staged.model)
        half = half_precision_file(staged.model)
        if half.is_file():
            if contents_of(half, called=source).weight_files or card_of(half) != card:
                raise ModelError(
                    f"The float16 variant beside {source} is not one of this model; export both anew, or "
                    "take it away."
                )
            try_out(load_on_cpu(half), card, half)
    except ModelError as error:
        raise ModelError(str(error).replace(str(staged.model), source)) from error
    return card


def _take_over(staged: _Staged, final: Path, card: ModelCard, entries: dict[str, Entry], source: str) -> None:
    """Move staged files to their places, the model last, and note them."""
    folder = final.parent
    moves = [(staged.folder / other, folder / other) for other in staged.others]
    half = half_precision_file(staged.model)
    if half.is_file():
        moves.append((half, half_precision_file(final)))
    moves.append((staged.model, final))
    sums = {target.relative_to(folder).as_posix(): _checksum(origin) for origin, target in reversed(moves)}
    for origin, target in moves[: len(staged.others)]:
        if target.exists() and _checksum(target) != _checksum(origin):
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
        _write_index(folder, {**entries, card.name: Entry(sums, source)})
    except (OSError, OutputError):
        for target in new:
            target.unlink(missing_ok=True)
        raise
    if not half.is_file() and half_precision_file(final) not in new:
        stale.add(half_precision_file(final).name)
    kept = {file for name, entry in entries.items() if name != card.name for file in entry.files}
    for file in stale - kept - set(sums):
        (folder / file).unlink(missing_ok=True)


def _read_index(folder: Path) -> dict[str, Entry]:
    """Entries by model name; none where nothing was ever added. Raises ModelError where it is damaged."""
    path = folder / _INDEX
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Index).models
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelError(f"The index of your models, {path}, cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"The index of your models, {path}, is damaged; delete it and add the models again."
        ) from error


def _write_index(folder: Path, entries: Mapping[str, Entry]) -> None:
    """Replace the index. Raises OutputError; the one before is kept then."""
    index = _Index({name: entries[name] for name in sorted(entries)})
    with paths.whole_or_absent(folder / _INDEX) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(index), indent=2) + b"\n")


def _checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


OnBytes = Callable[[int, int | None], None]
"""Told (bytes so far, bytes in all where known); may raise Cancelled."""

_TIMEOUT = 30.0  # seconds without a byte
_BLOCK = 1 << 18
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


def is_address(source: str) -> bool:
    """Whether ``source`` is an address rather than a file."""
    return "://" in source


def name_in(address: str) -> str:
    """The file name that an address ends with. Raises ModelError for what is no address."""
    return Path(unquote(_parts(address).path)).name


def download(address: str, into: Path, *, limit: int, on_bytes: OnBytes | None = None) -> None:
    """Fetch ``address`` into a new file.

    Raises:
        ModelError: it is not https (only this machine may be asked without), cannot be reached, is larger
            than ``limit`` bytes, or breaks off.
    """
    _check_scheme(address)
    request = urllib.request.Request(address, headers={"User-Agent": f"unfade/{__version__}"})
    try:
        with _OPENER.open(request, timeout=_TIMEOUT) as answer, into.open("xb") as out:
            _copy(answer, out, address, limit, on_bytes)
    except urllib.error.HTTPError as error:
        raise ModelError(
            f"{address} cannot be downloaded: the server says {error.code} {error.reason}."
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(f"{address} cannot be downloaded: {reason}.") from error


def _copy(answer: Any, out: IO[bytes], address: str, limit: int, on_bytes: OnBytes | None) -> None:
    length = answer.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    done = 0
    while True:
        if max(done, total or 0) > limit:
            raise ModelError(f"{address} is larger than the {limit / 2**20:,.0f} MiB that a model may have.")
        if on_bytes is not None:
            on_bytes(done, total)
        block = answer.read(_BLOCK)
        if not block:
            break
        out.write(block)
        done += len(block)
    if total is not None and done != total:
        raise ModelError(f"The download of {address} broke off at {done:,} of {total:,} bytes; try again.")


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise ModelError(f"{address} is no address: {error}.") from error


def _check_scheme(address: str) -> None:
    parts = _parts(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _OWN_MACHINE):
        return
    raise ModelError(
        f"{address} cannot be downloaded: only https addresses are, so that nobody can change them."
    )


class _SameSafety(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never away from https."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        _check_scheme(arguments[-1])
        return super().redirect_request(*arguments)


_OPENER = urllib.request.build_opener(_SameSafety)
