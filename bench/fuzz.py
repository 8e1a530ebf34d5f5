"""Damaged and hostile files: each is used, or refused in a sentence; none ends the process or hangs it.

    python bench/fuzz.py pictures --count 20000
    python bench/fuzz.py rare --count 20000      # HEIC, AVIF, JPEG XL, JPEG 2000, odd TIFF and others
    python bench/fuzz.py models --count 3000     # their cards are read, and they are loaded
    python bench/fuzz.py texts --count 2000      # recipes, hints, strokes, the list of models, settings

Files are mutated from a few good ones of each kind, by seeds that are the numbers of the cases: ``--first N
--count 1`` does one again. They are opened in processes of their own, which may take 10 s for a case.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.models import cleaning_model, identity_model, unet_model

from unfade.errors import ModelError, PictureError, UnfadeError, UsageError, printable
from unfade.filters import HINTS, STROKES, Recipe, read_recipe
from unfade.inference import load_on_cpu
from unfade.models import card_of, library
from unfade.paths import read_json
from unfade.picture import Metadata, Picture, read_picture, write_picture

SECONDS = 10
BYTES = 3 << 29  # of addresses that a worker may have beyond those it starts with
EXTREME = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1", b"\1\0\0\0")
Case = tuple[str, bytes, Callable[[Path], object]]


def mutated(good: bytes, choose: random.Random) -> bytes:
    """The bytes with one to eight changes: bits, bytes, extreme numbers, pieces moved, left out, doubled."""
    data = bytearray(good)
    for _ in range(choose.randint(1, 8)):
        at = (
            choose.randrange(len(data) + 1)
            if choose.random() < 0.5
            else choose.randrange(min(len(data), 400) + 1)
        )
        length = min(choose.choice((1, 2, 4, 16, 200)), len(data) - at)
        kind = choose.randrange(7)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << choose.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = choose.randrange(256)
        elif kind == 2:
            data[at : at + 4] = choose.choice(EXTREME)
        elif kind == 3:
            del data[at : at + length]
        elif kind == 4:
            data[at:at] = data[at : at + length]
        elif kind == 5:
            other = choose.randrange(len(data) + 1)
            data[at : at + length] = data[other : other + length]
        elif kind == 6 and choose.random() < 0.3:
            del data[at:]
    return bytes(data)


def good_pictures(folder: Path) -> list[bytes]:
    """Small files of every format that is written, and of kinds that only others write."""
    noise = np.random.default_rng(0)
    found = []
    for suffix, dtype, channels in [
        *(("png", kind, count) for kind in (np.uint8, np.uint16) for count in (1, 2, 3, 4)),
        *(("tif", kind, count) for kind in (np.uint8, np.uint16, np.float32) for count in (1, 3, 4)),
        *((suffix, np.uint8, count) for suffix in ("jpg", "webp", "bmp") for count in (1, 3, 4)),
    ]:
        pixels = noise.integers(0, 256, (24, 31, channels), np.uint8).astype(dtype)
        if dtype is np.float32:
            pixels /= 255
        path = folder / f"good.{suffix}"
        exif = b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\1\0\0\0\0\0\0\0"
        write_picture(Picture(pixels, Metadata(exif=exif, xmp=b"<x/>", dpi=(300, 300))), path)
        found.append(path.read_bytes())
    photo = Image.fromarray(noise.integers(0, 256, (24, 31, 3), np.uint8))
    for image, options in [
        (photo, {"format": "JPEG", "progressive": True}),
        (photo.convert("CMYK"), {"format": "JPEG"}),
        (photo.convert("P"), {"format": "PNG"}),
        (photo.convert("1"), {"format": "PNG"}),
        (photo.convert("P"), {"format": "BMP"}),
        (photo.convert("1"), {"format": "TIFF", "compression": "group4"}),
        (photo, {"format": "TIFF", "compression": "tiff_lzw"}),
        (photo, {"format": "TIFF", "compression": "jpeg"}),
        (photo.convert("CMYK"), {"format": "TIFF"}),
        (photo.convert("LAB"), {"format": "TIFF"}),
        (photo, {"format": "WEBP", "lossless": True}),
    ]:
        stream = io.BytesIO()
        image.save(stream, **options)
        found.append(stream.getvalue())
    return found


def good_rare_pictures(folder: Path) -> list[bytes]:
    """Small files of the formats that other decoders than libvips read, and of TIFF's rare kinds."""
    import imagecodecs
    import pillow_heif
    import tifffile

    noise = np.random.default_rng(0)
    photo = noise.integers(0, 256, (24, 31, 4), np.uint8)
    deep = photo.astype(np.uint16) * 257
    metadata = Metadata(exif=b"II*\0\x08\0\0\0\0\0\0\0\0\0", xmp=b"<x/>", dpi=(300, 300))
    found = [
        bytes(imagecodecs.jpeg2k_encode(photo[..., :3], reversible=True, level=0)),
        bytes(imagecodecs.jpeg2k_encode(deep[..., 0], codecformat="j2k", reversible=True, level=0)),
        b"P6\n31 24\n255\n" + photo[..., :3].tobytes(),
        b"PF\n31 24\n-1.0\n" + (photo[..., :3] / np.float32(255)).astype("<f4").tobytes(),
    ]
    for suffix, pixels in (("avif", photo), ("avif", deep), ("jxl", photo[..., :3]), ("jxl", deep)):
        path = folder / f"good.{suffix}"
        write_picture(Picture(np.ascontiguousarray(pixels), metadata), path)
        found.append(path.read_bytes())
    image = Image.fromarray(photo)
    for format, options in (
        ("GIF", {"save_all": True, "append_images": [image.rotate(90)]}),
        ("TGA", {"compression": "tga_rle"}),
        ("ICO", {"sizes": [(16, 16), (24, 24)]}),
        ("AVIF", {"save_all": True, "append_images": [image.rotate(90)]}),
    ):
        stream = io.BytesIO()
        image.save(stream, format, **options)
        found.append(stream.getvalue())
    stream = io.BytesIO()
    pillow_heif.from_pillow(image).save(stream, format="HEIF")
    found.append(stream.getvalue())
    for pixels, tags in (
        (photo[..., :3], {"photometric": "rgb", "compression": "zstd"}),
        (photo[..., :3], {"photometric": "rgb", "compression": "jpegxl"}),
        (np.moveaxis(photo[..., :3], 2, 0).copy(), {"photometric": "ycbcr", "planarconfig": "separate"}),
        (deep[..., 0].view(np.int16), {"photometric": "minisblack"}),
    ):
        stream = io.BytesIO()
        tifffile.imwrite(stream, pixels, **tags)
        found.append(stream.getvalue())
    return [*found, old_jpeg(photo[..., :3])]


def old_jpeg(pixels: np.ndarray[Any, Any]) -> bytes:
    """A TIFF file whose one strip is in a JPEG stream beside it (compression 6)."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    data, (height, width) = stream.getvalue(), pixels.shape[:2]
    tags = {256: width, 257: height, 259: 6, 262: 6, 277: 3, 513: 8, 514: len(data)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return (
        struct.pack("<2sHI", b"II", 42, 8 + len(data))
        + data
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )


def good_models(folder: Path) -> list[bytes]:
    made = [
        identity_model(folder / "a.onnx", 2),
        unet_model(folder / "b.onnx"),
        cleaning_model(folder / "c.onnx"),
    ]
    return [path.read_bytes() for path in made]


def use_model(path: Path) -> None:
    card_of(path)
    load_on_cpu(path)


def use_index(path: Path) -> None:
    (path.parent / "index.json").unlink(missing_ok=True)
    path.rename(path.parent / "index.json")
    library._read_index(path.parent)


def use_settings(path: Path) -> None:
    from unfade.ui.settings import Settings

    settings = Settings(path)
    for name in dir(Settings):
        if isinstance(getattr(Settings, name), property):
            getattr(settings, name)


def good_texts() -> list[Case]:
    step = {"filter": "upscale", "options": {"scale": 2.5, "strength": 0.5}}
    strokes = [{"mode": "add", "radius": 3, "points": [[1, 2], [3, 4.5]]}]
    hints = [{"x": 1, "y": 2, "color": "#a0b1c2"}]
    recipe = {"unfade_recipe": 1, "steps": [step, {"filter": "deartifact", "options": {"strokes": strokes}}]}
    index = {"models": {"a": {"files": {"a.onnx": "00"}, "source": "a.onnx"}}, "version": 1}
    settings = (
        b"[General]\ntheme=dark\nlanguage=de\n[layout]\nwindow=@ByteArray(\\x1\\xd9\\xd0)\n[recent]\n"
        b'colours="[\\"#aabbcc\\"]"\nfiles="[\\"/a/b.png\\"]"\n[folder]\nopen=/tmp\n'
    )
    texts: list[tuple[object, Callable[[Path], object]]] = [
        (recipe, read_recipe),
        (recipe, lambda path: Recipe.from_json(read_json(path))),
        (hints, lambda path: HINTS.read(read_json(path))),
        (strokes, lambda path: STROKES.read(read_json(path))),
        (index, use_index),
    ]
    cases: list[Case] = [(".json", json.dumps(value).encode(), use) for value, use in texts]
    return [*cases, (".ini", settings, use_settings)]


def cases(kind: str, folder: Path) -> list[Case]:
    if kind == "pictures":
        return [(".picture", good, read_picture) for good in good_pictures(folder)]
    if kind == "rare":
        return [(".picture", good, read_picture) for good in good_rare_pictures(folder)]
    if kind == "models":
        return [(".onnx", good, use_model) for good in good_models(folder)]
    return good_texts()


EXPECTED = {
    "pictures": PictureError,
    "rare": PictureError,
    "models": ModelError,
    "texts": (UsageError, ModelError),
}


def work(kind: str, first: int, count: int) -> None:
    """Does cases, and says the number of each before it and what came of it after."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good = cases(kind, folder)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + BYTES,) * 2)
        for number in range(first, first + count):
            choose = random.Random(number)
            suffix, data, use = choose.choice(good)
            path = folder / f"case{suffix}"
            path.write_bytes(mutated(data, choose))
            sys.stdout.write(f"{number} ")
            sys.stdout.flush()
            signal.alarm(SECONDS)
            try:
                use(path)
                outcome = "used"
            except EXPECTED[kind] as error:  # type: ignore[misc]
                text = str(error)
                outcome = "refused" if text and text == printable(text) else "no sentence"
            except UnfadeError as error:
                outcome = f"unexpected {type(error).__name__}"
            except Exception as error:
                outcome = f"unforeseen {type(error).__name__}"
            signal.alarm(0)
            sys.stdout.write(outcome + "\n")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        sys.stdout.write(f"peak {peak}\n")


def outcomes(kind: str, first: int, count: int, chunk: int = 500) -> Iterator[tuple[int, str]]:
    """(case, what came of it) in order; and (-1, MiB that the process held at most) after each chunk."""
    end = first + count
    while first < end:
        size = min(chunk, end - first)
        words = [sys.executable, __file__, kind, "--first", str(first), "--count", str(size), "--worker"]
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
        )
        last = first - 1
        for line in done.stdout.splitlines():
            word, _, outcome = line.partition(" ")
            if word == "peak":
                yield -1, outcome
                continue
            last = int(word)
            yield (
                last,
                outcome or ("hang" if done.returncode == -signal.SIGALRM else f"crash {done.returncode}"),
            )
        if done.returncode and last < first:
            raise SystemExit(f"the worker does not start: {done.returncode}")
        first = last + 1


def summary(kind: str, first: int, count: int) -> dict[str, int]:
    """How often each outcome came, the numbers of the cases that must not be, and the peak in MiB."""
    found = {"cases": 0, "used": 0, "refused": 0, "MiB at most": 0}
    for case, outcome in outcomes(kind, first, count):
        if case < 0:
            found["MiB at most"] = max(found["MiB at most"], int(outcome))
            continue
        found["cases"] += 1
        if outcome in ("used", "refused"):
            found[outcome] += 1
        else:
            found[f"{outcome} (case {case})"] = 1
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kind", choices=list(EXPECTED))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work(arguments.kind, arguments.first, arguments.count)
        return 0
    found = summary(arguments.kind, arguments.first, arguments.count)
    sys.stdout.write("| " + " | ".join(found) + " |\n" + "|---" * len(found) + "|\n")
    sys.stdout.write("| " + " | ".join(str(value) for value in found.values()) + " |\n")
    return int(found["used"] + found["refused"] < found["cases"])


if __name__ == "__main__":
    sys.exit(main())
