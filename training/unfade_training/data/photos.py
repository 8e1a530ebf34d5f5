"""A folder of photographs as one memory-mapped array, so that cutting a patch costs microseconds.

Decoding a JPEG or WebP for every patch would take longer than the training step. The photographs are decoded
once into ``<cache>/<key>.rgb`` (raw uint8, one picture after the other) with an index beside it; the key is
made of the names, sizes and times of the files, so a changed folder is decoded anew.

Here too: the word ``examples`` in the place of a folder, for the photographs of Unfade's repository.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
from PIL import Image, ImageCms, ImageOps

from ..errors import TrainingError, count_of
from ..files import atomic_write

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"})
LEAST_COLOURFULNESS = 8.0
"""Below lie black-and-white and toned pictures; see :func:`colourfulness`."""
MOST_FLATNESS = 0.6
"""Above lie drawings, charts and screenshots; see :func:`flatness`."""


@dataclass(frozen=True)
class Photo:
    """One decoded photograph: where it is in the store, and what it is called."""

    name: str
    group: str
    height: int
    width: int
    offset: int


class Pixels(Protocol):
    """Where photographs are."""

    def pixels(self, photo: Photo, /) -> np.ndarray:
        """HWC uint8 RGB."""


class PhotoStore:
    """All photographs below some folders, decoded, in one memory map.

    Attributes:
        photos: the photographs, ordered by name.
        skipped: names of the files that could not be decoded, or are smaller than ``min_side``.
    """

    def __init__(self, photos: list[Photo], skipped: list[str], path: Path) -> None:
        self.photos = photos
        self.skipped = skipped
        self.path = path
        self._pixels: np.ndarray | None = None

    @classmethod
    def open(cls, folders: Iterable[Path], cache: Path, *, min_side: int = 64) -> PhotoStore:
        """Decode the photographs below ``folders`` into ``cache``, or reuse what is there.

        Args:
            folders: searched with their sub-folders; the first sub-folder's name is a photograph's group.
                ``examples`` are the repository's photographs.
            cache: where decoded pixels are kept (3 bytes a pixel).
            min_side: photographs with a shorter side are skipped.

        Raises:
            TrainingError: a folder is missing, or no photograph in it can be used.
        """
        folders, examples = photo_folders(folders)
        if examples:
            log.info("The photographs are those of %s. %s", PHOTOGRAPHS, MORE)
        files: list[tuple[str, str, Path]] = []  # name, group, path
        for folder in folders:
            if not folder.is_dir():
                raise TrainingError(f"{folder} is not a folder; name a folder of photographs with --data.")
            for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
                inside = path.relative_to(folder)
                files.append((str(inside), inside.parts[0] if len(inside.parts) > 1 else folder.name, path))
        if not files:
            raise TrainingError(
                f"No photographs in {', '.join(map(str, folders))}; PNG, JPEG, WebP, TIFF and BMP count."
            )
        stamp = [(name, p.stat().st_size, p.stat().st_mtime_ns, min_side) for name, _, p in files]
        key = hashlib.sha256(json.dumps(stamp).encode()).hexdigest()[:16]
        pixels, index = cache / f"{key}.rgb", cache / f"{key}.json"
        if not (pixels.exists() and index.exists()):
            try:
                cls.decode(files, pixels, index, min_side)
            except OSError as error:
                raise TrainingError(
                    f"Decoded photographs cannot be kept in {cache}: {error.strerror}."
                ) from error
        store = cls.decoded(pixels, index)
        if not store.photos:
            raise TrainingError(
                f"None of the {len(files)} pictures in {', '.join(map(str, folders))} can be used: "
                f"they are damaged, or smaller than {min_side} pixels."
            )
        return store

    @staticmethod
    def decode(
        files: Iterable[tuple[str, str, Path | IO[bytes]]],
        pixels: Path,
        index: Path,
        min_side: int,
        wanted: Callable[[np.ndarray], bool] = lambda _: True,
    ) -> None:
        """Write the pixels of pictures one after the other, and their index; what is damaged or too small is
        named and skipped, what is not wanted (HWC uint8) counts as skipped.

        Args:
            files: name, group, and the file or what can be read of it.
            pixels: the file for the pixels.
            index: the JSON file beside it.
            min_side: pictures with a shorter side are skipped.
            wanted: whether to keep a picture.

        Raises:
            OSError: the pixels cannot be written.
        """
        photos: list[Photo] = []
        skipped: list[str] = []
        offset = 0
        pixels.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(pixels) as out:
            for name, group, file in files:
                shown = file if isinstance(file, Path) else name
                try:
                    with Image.open(file) as image:
                        rgb = np.asarray(as_srgb(image))
                except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                    log.warning("skipped %s: it cannot be decoded (%s)", shown, error)
                    skipped.append(name)
                    continue
                height, width = rgb.shape[:2]
                if min(height, width) < min_side:
                    log.warning("skipped %s: %dx%d is smaller than %d pixels", shown, width, height, min_side)
                    skipped.append(name)
                    continue
                if not wanted(rgb):
                    skipped.append(name)
                    continue
                out.write(np.ascontiguousarray(rgb).tobytes())
                photos.append(Photo(name, group, height, width, offset))
                offset += rgb.size
        if skipped:
            log.warning("%d of %d pictures were skipped", len(skipped), len(photos) + len(skipped))
        with atomic_write(index) as out:
            out.write(json.dumps({"photos": [vars(p) for p in photos], "skipped": skipped}).encode())

    @classmethod
    def decoded(cls, pixels: Path, index: Path) -> PhotoStore:
        """What :meth:`decode` has written."""
        table = json.loads(index.read_text())
        return cls([Photo(**row) for row in table["photos"]], table["skipped"], pixels)

    def pixels(self, photo: Photo) -> np.ndarray:
        """HWC uint8 RGB view into the memory map; nothing is read until it is used."""
        if self._pixels is None:  # opened late, so that data workers map the file themselves
            self._pixels = np.memmap(self.path, np.uint8, mode="r")
        size = photo.height * photo.width * 3
        return self._pixels[photo.offset : photo.offset + size].reshape(photo.height, photo.width, 3)

    def only(self, wanted: Callable[[np.ndarray], bool]) -> PhotoStore:
        """The photographs whose pixels (HWC uint8) are wanted, perhaps none; the others count as skipped."""
        kept = [photo for photo in self.photos if wanted(self.pixels(photo))]
        offsets = {photo.offset for photo in kept}  # two folders may have photographs of one name
        left_out = [photo.name for photo in self.photos if photo.offset not in offsets]
        return PhotoStore(kept, [*self.skipped, *left_out], self.path)

    def holdout(self, wanted: int) -> int:
        """How many to hold out where ``wanted`` are: at most a third, or few photographs would leave too few
        to learn from."""
        return min(wanted, max(1, len(self.photos) // 3))

    def split(self, holdout: int) -> tuple[list[Photo], list[Photo]]:
        """(training, held out): the same ``holdout`` photographs each time, chosen by a hash of their
        names."""
        order = by_name_hash(self.photos)
        held = {p.name for p in order[:holdout]}
        if len(held) >= len(self.photos) and holdout:
            raise TrainingError(
                f"With {count_of(len(self.photos), 'photograph')} there are too few to hold out {holdout} "
                "and to learn from the rest; name more with --data, or lower data.holdout."
            )
        return [p for p in self.photos if p.name not in held], order[:holdout]

    def held_out(self, holdout: int) -> list[Photo]:
        """The second half of :meth:`split`."""
        return self.split(holdout)[1]

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_pixels": None}


def as_srgb(image: Image.Image) -> Image.Image:
    """An opened picture as networks see it: upright, RGB of 8 bits, in sRGB where its profile is another.

    Raises:
        ValueError: it holds floating-point numbers, whose black and white nobody tells.
    """
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode == "F":
        raise ValueError("it holds floating-point numbers")
    if image.mode.startswith("I"):  # gray of 16 bits, all of which above 255 Pillow would make white
        image = Image.fromarray(np.rint(np.clip(np.asarray(image), 0, 65535) / 257).astype(np.uint8))
    if image.mode not in ("L", "CMYK"):
        image = image.convert("RGB")
    with suppress(ImageCms.PyCMSError, OSError):  # a damaged profile, or one of other channels
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else None
        if given is not None and "srgb" not in ImageCms.getProfileDescription(given).lower():
            srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
            how = ImageCms.Intent.RELATIVE_COLORIMETRIC
            managed = ImageCms.profileToProfile(image, given, srgb, how, "RGB")
            if managed is not None:
                return managed
    return image.convert("RGB")


def by_name_hash(photos: Iterable[Photo]) -> list[Photo]:
    """In an order that nobody has chosen, and that is the same each time."""
    return sorted(photos, key=lambda photo: hashlib.sha256(photo.name.encode()).digest())


def photo_weights(photos: Sequence[Photo], group_weights: Mapping[str, float], min_side: int) -> np.ndarray:
    """Chance of each photograph to give the next patch: its area times its group's weight; sums to 1.

    Photographs with a side below ``min_side`` get 0.
    """
    weights = np.array(
        [
            p.height * p.width * group_weights.get(p.group, 1.0)
            if min(p.height, p.width) >= min_side
            else 0.0
            for p in photos
        ]
    )
    if weights.sum() == 0:
        raise TrainingError(
            f"No photograph has a side of {min_side} pixels or more; use a smaller patch or larger "
            "photographs."
        )
    normalised: np.ndarray = weights / weights.sum()
    return normalised


def is_colour_photo(pixels: np.ndarray) -> bool:
    """Whether an HWC uint8 picture looks like a colour photograph, and not like a chart or an old print."""
    return colourfulness(pixels[::2, ::2]) >= LEAST_COLOURFULNESS and flatness(pixels) <= MOST_FLATNESS


def colourfulness(pixels: np.ndarray) -> float:
    """Of HWC RGB in 0..255: 0 for gray, 30 to 60 for an ordinary photograph.

    Hasler and Suesstrunk, "Measuring colourfulness in natural images", 2003, M^(3).
    """
    r, g, b = np.moveaxis(pixels.astype(np.float32), -1, 0)
    rg, yb = r - g, (r + g) / 2 - b
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def flatness(pixels: np.ndarray) -> float:
    """Share of pixels that equal their right neighbour: noise and JPEG keep it low in photographs."""
    return float((pixels[:, 1:] == pixels[:, :-1]).all(axis=-1).mean())


_EXAMPLES = "examples"
EXAMPLES = Path(__file__).parents[3] / "examples"  # the photographs are not in the installed package
PHOTOGRAPHS = EXAMPLES / "photographs"
MORE = (
    "They are enough to try everything; for results take a few hundred sharp photographs of your own, or "
    "those of the Cloudinary Image Dataset '22 (CC BY-SA 4.0, https://cloudinary.com/labs/cid22)."
)


def photo_folders(folders: Iterable[Path]) -> tuple[list[Path], bool]:
    """The folders with the word replaced, and whether it was.

    A folder of that name in the working directory is meant where there is one, unless it is the
    repository's own: there ``examples`` also holds photographs that nothing is ever trained on.

    Raises:
        TrainingError: the word was given, and this installation has no such photographs.
    """
    found, replaced = [], False
    for folder in folders:
        if folder != Path(_EXAMPLES) or (folder.is_dir() and folder.resolve() != EXAMPLES.resolve()):
            found.append(folder)
            continue
        if not PHOTOGRAPHS.is_dir():
            raise TrainingError(
                "The example photographs are in Unfade's repository and not in the installed package: name "
                "a folder of photographs of your own with --data, or run this in a clone of the repository."
            )
        found.append(PHOTOGRAPHS)
        replaced = True
    return found, replaced
