"""Photographs in tar shards, for sets that are too large for one folder or one disk.

The layout is WebDataset's (https://github.com/webdataset/webdataset): ``photos-000000.tar`` and so on, a
member a photograph, each shard a fair sample of all. ``--data`` names them by a pattern,
``photos-{000000..000063}.tar``, by the folder that they lie in, or one by one, anywhere that fsspec reaches
(``s3://``, ``https://``, ...).

Streams have a place, and a stream's place is hard to save. Here patch ``i`` stays a pure function of (seed,
i), so that a run resumes exactly and many processes learn what one would have learnt: time is cut into
*visits*, in each of which patches come from a few shards that lie decoded in the cache. Which shards those
are follows from the number of the visit alone, and a process needs only those of its share of the batch.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TypeAlias

import fsspec
import numpy as np
from filelock import FileLock

from ..degradations import Degradation
from ..errors import TrainingError, count_of
from ..files import atomic_write
from .patches import DrawnPhotos, Patches
from .photos import SUFFIXES, Photo, PhotoStore, by_name_hash, is_colour_photo

log = logging.getLogger(__name__)

Where: TypeAlias = str | Path
"""A folder of photographs or of shards, a shard, or a pattern of shards."""

RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
AT_ONCE = 8  # shards that a visit draws from: neighbours in a batch should not know each other
PATCHES = 1024  # that a shard gives in a visit: about one a photograph in shards of a thousand
LOST = "lost-shards"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def shard_names(data: Sequence[Where]) -> list[str]:
    """The shards that ``data`` names, in order; none where it names folders of photographs.

    Raises:
        TrainingError: it names both, or a pattern ends before it begins.
    """
    found = [_shards_in(str(where)) for where in data]
    if any(found) and not all(found):
        raise TrainingError(
            "--data names shards and folders of photographs; pack the folders into shards too."
        )
    return [name for names in found for name in names]


def _shards_in(where: str) -> list[str]:
    if where.endswith(".tar"):
        return list(_expanded(where))
    if "://" in where:
        files, path = fsspec.core.url_to_fs(where)
        try:
            return sorted(files.unstrip_protocol(name) for name in files.glob(f"{path.rstrip('/')}/*.tar"))
        except OSError as error:
            raise TrainingError(f"{where} cannot be listed ({error}); name its shards one by one.") from error
    return sorted(map(str, Path(where).glob("*.tar")))


def _expanded(pattern: str) -> Iterator[str]:
    """``a-{08..10}.tar`` -> ``a-08.tar``, ``a-09.tar``, ``a-10.tar``; the digits of the first are kept."""
    found = RANGE.search(pattern)
    if found is None:
        yield pattern
        return
    first, last = int(found[1]), int(found[2])
    if last < first:
        raise TrainingError(f"{pattern} names no shards: {found[0]} ends before it begins.")
    for number in range(first, last + 1):
        yield from _expanded(f"{pattern[: found.start()]}{number:0{len(found[1])}}{pattern[found.end() :]}")


class ShardStore:
    """Shards, decoded one by one into a cache as they are needed.

    Attributes:
        names: of all shards, paths or URLs.
        cache: the folder of decoded shards.
    """

    def __init__(
        self,
        names: Sequence[str],
        cache: Path,
        *,
        min_side: int = 64,
        colour_only: bool = False,
        room: float = 32.0,
    ) -> None:
        """Nothing is read yet.

        Args:
            names: paths or URLs.
            cache: where decoded pixels are kept (3 bytes a pixel).
            min_side: photographs with a shorter side are skipped.
            colour_only: so are black-and-white pictures, charts and drawings.
            room: gigabytes of decoded shards that are kept; those that were not used for longest go first.
        """
        self.names, self.cache = list(names), cache
        self.min_side, self.colour_only, self.room = min_side, colour_only, room
        self._open: dict[str, PhotoStore | None] = {}  # None: lost
        self._held: tuple[int, list[Photo]] | None = None
        self._of: dict[str, PhotoStore] = {}  # a held-out photograph's name -> where it is

    def try_again(self) -> None:
        """Forget which shards were lost: they are looked for anew, and named anew."""
        with suppress(OSError):
            for mark in (self.cache / LOST).iterdir():
                mark.unlink()

    def open(self, name: str) -> PhotoStore | None:
        """A shard's photographs, whose names begin with the shard's; None where it cannot be read, or nothing
        in it can be used, which is said once in all processes."""
        if name not in self._open:
            if len(self._open) > 4 * AT_ONCE:  # forget the oldest, but not what is lost
                self._open.pop(next((n for n, store in self._open.items() if store is not None), name), None)
            key = _digest([name, self.min_side, self.colour_only])
            try:
                self._open[name] = self._decoded(name, key)
            except Exception as error:  # what a file system raises is its own library's
                if isinstance(error, OSError) and error.errno in FULL:
                    raise TrainingError(
                        f"Decoded photographs cannot be kept in {self.cache}: {error.strerror}."
                    ) from error
                # What was read of it before is as good as ever, and a resume may rely on it.
                before = sorted(self.cache.glob(f"{key}-*.json"), key=lambda file: file.stat().st_mtime)
                self._open[name] = _used(before[-1].with_suffix(".rgb")) if before else None
                if not before:
                    self._name_once(name, str(error) or type(error).__name__)
        return self._open[name]

    def _decoded(self, name: str, key: str) -> PhotoStore:
        files, path = fsspec.core.url_to_fs(name)
        info = files.info(path)
        stamp = _digest([info.get(part) for part in ("size", "mtime", "ETag", "LastModified")])
        pixels = self.cache / f"{key}-{stamp}.rgb"
        self.cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{pixels}.lock"):  # the first process decodes, the others find it done
            if not (pixels.exists() and pixels.with_suffix(".json").exists()):
                with files.open(path, "rb") as file:
                    PhotoStore.decode(
                        _members(file, _stem(name)),
                        pixels,
                        pixels.with_suffix(".json"),
                        self.min_side,
                        is_colour_photo if self.colour_only else lambda _: True,
                    )
                self._make_room(pixels)
        return _used(pixels)

    def _make_room(self, newest: Path) -> None:
        kept = {newest, *(store.path for store in self._of.values())}
        decoded = sorted(self.cache.glob("*.rgb"), key=lambda file: file.stat().st_mtime)
        total = sum(file.stat().st_size for file in decoded)
        for file in decoded:
            if total <= self.room * 1e9:
                break
            if file not in kept:
                total -= file.stat().st_size
                for part in (file, file.with_suffix(".json")):
                    with suppress(OSError):  # in use on Windows, or another process was quicker
                        part.unlink()

    def _name_once(self, name: str, why: str) -> None:
        mark = self.cache / LOST / _digest([name])
        with suppress(OSError):
            mark.parent.mkdir(parents=True, exist_ok=True)
            with mark.open("x"):  # by the first process that misses it
                log.warning("left out the shard %s: it cannot be read (%s)", name, why)

    def holdout(self, wanted: int) -> int:
        """How many to hold out where ``wanted`` are: all of those, for shards are of large sets."""
        return wanted

    def held_out(self, holdout: int) -> list[Photo]:
        """The same ``holdout`` photographs each time: from the shards that come first by a hash of their
        names, those that come first by a hash of theirs.

        Raises:
            TrainingError: such a shard cannot be read (others in its place would be another hold-out), or
                all shards have fewer photographs.
        """
        if self._held is None or self._held[0] != holdout:
            held: list[Photo] = []
            for name in sorted(self.names, key=lambda name: _digest([_stem(name)])):
                if len(held) >= holdout:
                    break
                store = self.open(name)
                if store is None:
                    raise TrainingError(
                        f"The shard {name} cannot be read, and photographs in it are those that are held out."
                    )
                mine = by_name_hash(store.photos)[: holdout - len(held)]
                self._of |= {photo.name: store for photo in mine}
                held += mine
            if len(held) < holdout:
                raise TrainingError(
                    f"{count_of(len(self.names), 'shard')} have too few photographs to hold out {holdout}; "
                    "lower data.holdout."
                )
            self._held = holdout, held
        return self._held[1]

    def pixels(self, photo: Photo) -> np.ndarray:
        """HWC uint8 RGB of a held-out photograph."""
        return self._of[photo.name].pixels(photo)

    @property
    def photos(self) -> list[Photo]:
        """Those of the first shard that can be read: enough to take samples of."""
        stores = (self.open(name) for name in sorted(self.names, key=lambda name: _digest([_stem(name)])))
        return next((store.photos for store in stores if store is not None), [])

    def __getstate__(self) -> dict[str, object]:
        lost = {name: None for name, store in self._open.items() if store is None}
        return {**self.__dict__, "_open": lost}


@dataclass(frozen=True)
class Visits:
    """Which shards a patch may come from.

    Attributes:
        shards: how many there are.
        batch: patches of a step, over all processes together.
        seed: of the order of the shards, another in each epoch.
        patches: that a shard gives in a visit.
    """

    shards: int
    batch: int
    seed: int
    patches: int = PATCHES

    @property
    def at_once(self) -> int:
        """Shards of a visit."""
        return min(AT_ONCE, self.shards)

    def candidates(self, index: int) -> Iterator[int]:
        """The shard of patch ``index``, and those that stand in for it where it is lost, in order.

        The share of a batch that a process has is a share of the visit's shards, however many processes there
        are.
        """
        at_once, step, slot = self.at_once, *divmod(index, self.batch)
        number, step = divmod(step, -(-at_once * self.patches // self.batch))
        epoch, visit = divmod(number, -(-self.shards // at_once))
        order = np.random.default_rng((self.seed, epoch)).permutation(self.shards)
        # With fewer patches than shards the steps take turns.
        turns = -(-at_once // self.batch)
        place = visit * at_once + (slot * at_once // self.batch + step % turns) % at_once
        return (int(order[(place + further) % self.shards]) for further in range(self.shards))


class ShardedPatches(Patches):
    """Training pairs out of shards; see :class:`Patches`.

    Args:
        store: the shards.
        visits: which of them are drawn from when.
        held_out: how many photographs are kept for validation, and never drawn.
    """

    def __init__(
        self,
        store: ShardStore,
        visits: Visits,
        held_out: int,
        degradation: Degradation,
        patch: int,
        seed: int,
        group_weights: Mapping[str, float] | None = None,
        zoom: float = 1.0,
        upright: bool = False,
    ) -> None:
        super().__init__(degradation, patch, seed, zoom, upright)
        self.shards, self.visits, self.weights = store, visits, dict(group_weights or {})
        self.held = {photo.name for photo in store.held_out(held_out)}
        self._drawn: dict[int, DrawnPhotos | None] = {}
        self.photos_of(0)

    def photos_of(self, index: int) -> DrawnPhotos:
        """Those of the shard of patch ``index``, or of one that stands in for it."""
        for number in self.visits.candidates(index):
            drawn = self._drawn_from(number)
            if drawn is not None:
                return drawn
        raise TrainingError(
            f"Of {count_of(self.visits.shards, 'shard')} none can be read and has photographs of "
            f"{self.window} pixels or more a side, those apart that are held out."
        )

    def _drawn_from(self, number: int) -> DrawnPhotos | None:
        if number not in self._drawn:
            if len(self._drawn) > 4 * AT_ONCE:
                self._drawn.clear()
            store = self.shards.open(self.shards.names[number])
            photos = [photo for photo in store.photos if photo.name not in self.held] if store else []
            try:
                drawn = DrawnPhotos(store, photos, self.weights, self.window) if store and photos else None
            except TrainingError:  # all are smaller than the patch
                drawn = None
            self._drawn[number] = drawn
        return self._drawn[number]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_drawn": {}}


def pack(
    folders: Sequence[Path], output: Path, *, megabytes: float = 200.0, prefix: str = "photos"
) -> list[Path]:
    """Pack the photographs below ``folders`` into shards of about ``megabytes``, in an order that nobody has
    chosen; the files stay as they are, and the same photographs make the same shards.

    Args:
        folders: searched with their sub-folders; the first sub-folder's name is a photograph's group.
        output: the folder of the shards, made if missing.
        megabytes: size of a shard, about.
        prefix: the shards are called ``<prefix>-000000.tar`` and so on.

    Returns:
        The shards.

    Raises:
        TrainingError: a folder is missing or has no photographs, or the shards cannot be written.
    """
    files = [(group, name, path) for folder in folders for group, name, path in _photographs(folder)]
    if not files:
        raise TrainingError(f"No photographs in {', '.join(map(str, folders))}.")
    files.sort(key=lambda file: _digest(list(file[:2])))
    parts: list[list[tuple[str, str, Path]]] = [[]]
    size = 0.0
    for file in files:
        more = file[2].stat().st_size / 1e6
        if parts[-1] and size + more > megabytes:
            parts.append([])
            size = 0.0
        parts[-1].append(file)
        size += more
    shards = []
    try:
        output.mkdir(parents=True, exist_ok=True)
        for number, part in enumerate(parts):
            shards.append(output / f"{prefix}-{number:06}.tar")
            with atomic_write(shards[-1]) as out, tarfile.open(fileobj=out, mode="w|") as tar:
                for group, name, path in part:
                    # WebDataset takes what follows a name's first dot for the kind of file.
                    inside = PurePosixPath(name)
                    member = tarfile.TarInfo(
                        f"{group}/{inside.stem.replace('.', '_')}{inside.suffix.lower()}"
                    )
                    member.size = path.stat().st_size
                    with path.open("rb") as file_in:
                        tar.addfile(member, file_in)
    except OSError as error:
        raise TrainingError(f"The shards cannot be written to {output}: {error.strerror}.") from error
    return shards


def _photographs(folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Group, name and path; a name tells the folders between, so that none is there twice."""
    if not folder.is_dir():
        raise TrainingError(f"{folder} is not a folder.")
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
        group, *rest = path.relative_to(folder).parts
        yield (group, "-".join(rest), path) if rest else (folder.name, group, path)


def _members(file: IO[bytes], shard: str) -> Iterator[tuple[str, str, IO[bytes]]]:
    """Name, group and bytes of the photographs in a tar, read from its beginning to its end."""
    whole = False
    with tarfile.open(fileobj=file, mode="r|*") as tar:
        for member in tar:
            inside = PurePosixPath(member.name)
            if not member.isfile() or inside.suffix.lower() not in SUFFIXES:
                continue
            content = tar.extractfile(member)
            assert content is not None
            data = content.read()
            if len(data) < member.size:
                raise tarfile.ReadError("it ends too soon")
            group = inside.parts[0] if len(inside.parts) > 1 else shard
            yield f"{shard}/{inside}", group, io.BytesIO(data)
            whole = True
    if not whole:
        raise tarfile.ReadError("no photograph is in it")


def _used(pixels: Path) -> PhotoStore:
    """A decoded shard, marked as in use now."""
    with suppress(OSError):
        pixels.touch()
    store = PhotoStore.decoded(pixels, pixels.with_suffix(".json"))
    if not store.photos:
        raise ValueError("no picture in it can be used")
    return store


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).name.removesuffix(".tar")


def _digest(parts: Iterable[object]) -> str:
    return hashlib.sha256(repr(list(parts)).encode()).hexdigest()[:16]
