"""Coverage-guided fuzzing with Atheris of what reads bytes in Python: nothing unforeseen is raised.

    pip install atheris                                   # not one of Unfade's own packages; Linux
    python bench/guided.py exif --seconds 600 --corpus corpora/exif
    python bench/guided.py exif crash-FILE                # does one input again

Targets: frames (the service's), card (of a model), icc, exif (EXIF blocks and TIFF directories), bmp, and
parts (boxes, JPEG segments, PNG chunks, GIF blocks, Netpbm headers, IPTC). What was found stays in the corpus
folder; an input that went wrong is written to the working folder as crash-*. Each may take 10 s and 2 GB.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

Use = Callable[[bytes], object]
SCRATCH = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
SIDE = 2000 * 2000  # pixels of a picture that is worth decoding here


def frames() -> tuple[Use, list[bytes]]:
    from unfade.errors import UsageError
    from unfade.service.protocol import BrokenFrame, encode_header, id_of, parse_request, read_header

    def use(data: bytes) -> None:
        stream = io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]
        try:
            while (found := read_header(stream)) is not None:
                header, payload = found
                stream.read(payload)
                id_of(header)
                try:
                    parse_request(header)
                except UsageError as error:
                    assert str(error)
        except BrokenFrame as error:
            assert str(error)

    image = {"height": 2, "width": 3, "channels": 3, "depth": "u8"}
    step = {"filter": "upscale", "options": {"scale": 2}}
    requests = [
        {"type": "apply", "id": 1, "filter": "upscale", "options": {"scale": 2}, "image": image},
        {"type": "apply", "id": 2, "recipe": {"steps": [step]}, "picture": "a", "region": [0, 0, 2, 2]},
        {"type": "store", "id": 3, "picture": "a", "image": {**image, "icc": "AAAA"}},
        {"type": "list", "id": 4},
        {"type": "cancel"},
    ]
    return use, [b"".join(encode_header(request) for request in requests), *map(encode_header, requests)]


def card() -> tuple[Use, list[bytes]]:
    from tests.models import identity_model

    from unfade.errors import ModelError
    from unfade.models import METADATA_KEY, ModelCard, card_of

    def use(data: bytes) -> None:
        try:
            ModelCard.from_metadata({METADATA_KEY: data.decode(errors="replace")})
        except ModelError as error:
            assert str(error)

    with tempfile.TemporaryDirectory() as folder:
        metadata = card_of(identity_model(Path(folder) / "a.onnx", 2)).to_metadata()
    record = json.loads(metadata[METADATA_KEY])
    texts = [record, {**record, "metrics": {"psnr_y": 30.5}, "fixed_size": [64, 64]}, {"version": 2}, []]
    return use, [json.dumps(text).encode() for text in texts]


def icc() -> tuple[Use, list[bytes]]:
    from unfade.picture.colour import is_linear, is_srgb, linear_profile, made_profile, matching_profile
    from unfade.picture.matrix_profile import matrix_profile
    from unfade.picture.picture import Notes

    def use(data: bytes) -> None:
        for gray in (False, True):
            matrix_profile(data, gray)
            usable = matching_profile(data, gray, Notes(Path("a")))
            is_linear(data)
            if usable:
                is_srgb(usable, gray)

    primaries = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    made = [
        made_profile(primaries, curve, gray)
        for curve in ((1.8,), (2.4, 0.9, 0.1, 0.1, 0.04))
        for gray in (0, 1)
    ]
    return use, [linear_profile(False), linear_profile(True), *made]


def exif() -> tuple[Use, list[bytes]]:
    from tests.unit.picture.samples import exif_block

    from unfade.picture import tiff
    from unfade.picture.metadata import orientation_of, resolution_of, updated_exif

    def use(data: bytes) -> None:
        orientation_of(data, data)
        resolution_of(data)
        updated = updated_exif(data, 7, 9)
        assert updated is None or tiff.pages(io.BytesIO(updated))
        stream = io.BytesIO(data)
        for page in tiff.pages(stream):
            tiff.block_of(stream, page, tiff.XMP)
            try:
                tiff.exif_of(stream, page)
            except tiff.MalformedError:
                continue

    def block(order: str, tags: dict[int, int]) -> bytes:
        entries = b"".join(struct.pack(f"{order}HHII", tag, 4, 1, value) for tag, value in tags.items())
        mark = b"II*\0" if order == "<" else b"MM\0*"
        return mark + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4)

    small = {256: 4, 257: 4, 262: 1, 273: 0, 274: 6, 279: 16, 282: 72, 283: 72, 296: 2, 0x8769: 26}
    return use, [exif_block()[6:], block("<", small), block(">", small), b"II+\0\x08\0\0\0\x10" + bytes(31)]


def bmp() -> tuple[Use, list[bytes]]:
    import numpy as np

    from unfade.errors import PictureError
    from unfade.picture import Metadata, Picture, read_picture
    from unfade.picture.bitmaps import write_bmp

    place = SCRATCH / "unfade-guided.bmp"

    def use(data: bytes) -> None:
        place.write_bytes(b"BM" + data[2:] if data[:2] not in (b"BM", b"BA") else data)
        try:
            read_picture(place, max_pixels=SIDE)
        except PictureError as error:
            assert str(error)

    seeds = []
    for channels in (1, 3, 4):
        stream = io.BytesIO()
        write_bmp(Picture(np.full((5, 7, channels), 9, np.uint8)).pixels, Metadata(dpi=(72, 72)), stream)
        seeds.append(stream.getvalue())
    runs = b"\3\1\2\3\0\3" + bytes(10) + b"\0\0\0\2\1\1\0\1"
    kinds = ((64, 24, 4), (40, 8, 1), (40, 4, 2), (40, 2, 0), (16, 8, 0), (12, 4, 0), (64, 1, 3))
    for size, depth, compression in kinds:
        info = struct.pack("<IiiHHI", size, 5, 3, 1, depth, compression).ljust(size, b"\0")[:size]
        head = struct.pack("<2sIHHI", b"BM", 0, 0, 0, 14 + size + 32)
        seeds.append(head + info + bytes(32) + runs + bytes(32))
    seeds.append(b"BA" + struct.pack("<IIHH", 40, 0, 0, 0) + seeds[-2])
    return use, seeds


def parts() -> tuple[Use, list[bytes]]:
    from unfade.picture import jpeg, png
    from unfade.picture.bitmaps import netpbm_header
    from unfade.picture.boxes import boxes, properties
    from unfade.picture.jxl import size_of
    from unfade.picture.metadata import iptc_of, updated_xmp
    from unfade.picture.picture import Notes
    from unfade.picture.read import gif_frames

    def use(data: bytes) -> None:
        kind, data = data[:1], data[1:]
        stream = io.BytesIO(data)
        if kind < b"1":
            list(boxes(data))
            properties(data)
        elif kind < b"2":
            jpeg.segments(stream, Notes(Path("a")))
        elif kind < b"3":
            png.read_chunks(stream)
        elif kind < b"4":
            gif_frames(data.ljust(13, b"\0"))
        elif kind < b"5":
            iptc_of(data)
            updated_xmp(data, 3, 4)
        elif kind < b"6":
            size_of(data)
        else:
            try:
                netpbm_header(stream)
            except (ValueError, LookupError):
                return

    box = struct.pack(">I4s", 12, b"ipco") + b"abcd"
    chunk = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 5, b"tEXt") + b"a\0bcd" + bytes(4)
    return use, [
        b"0" + struct.pack(">I4s4x", 24, b"meta") + box,
        b"1\xff\xd8\xff\xe1\0\x0aExif\0\0II\xff\xed\0\x12Photoshop 3.0\0\x1c\2",
        b"2" + chunk,
        b"3GIF89a\4\0\4\0\x80\0\0" + bytes(6) + b"!\xf9\4\0\0\0\0\0,\0\0\0\0\4\0\4\0\0\2\2\x44\1\0;",
        b'48BIM\4\4\0\0\0\0\0\4\x1c\2\5\0<x tiff:Orientation="6"/>',
        b"5\xff\x0a" + bytes(16),
        b"6P6\n# a\n3 4\n255\n",
        b"6P7\nWIDTH 3\nHEIGHT 4\nDEPTH 4\nMAXVAL 255\nENDHDR\n",
    ]


TARGETS: dict[str, Callable[[], tuple[Use, list[bytes]]]] = {
    "frames": frames,
    "card": card,
    "icc": icc,
    "exif": exif,
    "bmp": bmp,
    "parts": parts,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("case", type=Path, nargs="?", help="does this one input again")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, help="where inputs are kept that reach new code")
    arguments = parser.parse_args()
    if arguments.case:
        TARGETS[arguments.target]()[0](arguments.case.read_bytes())
        return
    import atheris

    with atheris.instrument_imports(include=["unfade"]):
        use, seeds = TARGETS[arguments.target]()
    corpus: Any = arguments.corpus or Path(tempfile.mkdtemp(prefix="unfade-guided-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    limits = [f"-max_total_time={arguments.seconds}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=8192"]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", "-verbosity=0", str(corpus)], use)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
