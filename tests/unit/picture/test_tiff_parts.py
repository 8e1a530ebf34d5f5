"""TIFF pages that are put together from their parts: old-style JPEG, and YCbCr in separate planes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.picture.samples import encoded, noise, smooth
from tests.unit.picture.test_tiff_tags import Tags, ycbcr
from unfade.errors import PictureError
from unfade.picture import read_picture

SHARED: Tags = {258: ("H", [8] * 3), 262: ("H", [6]), 277: ("H", [3]), 530: ("H", [2, 2])}


def write(path: Path, parts: list[bytes], tags: Tags, blocks: dict[int, list[bytes]] | None = None) -> Path:
    """A TIFF of strips or tiles (whichever `tags` say), and of tags that hold the offsets of `blocks`."""
    out = bytearray(b"II*\0" + bytes(4))

    def put(data: bytes) -> int:
        at = len(out)
        out.extend(data + bytes(len(data) % 2))
        return at

    tiled = 322 in tags
    tags = {
        **tags,
        324 if tiled else 273: ("I", [put(part) for part in parts]),
        325 if tiled else 279: ("I", [len(part) for part in parts]),
        **{tag: ("I", [put(block) for block in found]) for tag, found in (blocks or {}).items()},
    }
    entries = b""
    for tag, (code, values) in sorted(tags.items()):
        value = struct.pack(f"<{len(values)}{code}", *values)
        value = struct.pack("<I", put(value)) if len(value) > 4 else value.ljust(4, b"\0")
        entries += struct.pack("<HHI", tag, {"H": 3, "I": 4}[code], len(values)) + value
    struct.pack_into("<I", out, 4, put(struct.pack("<H", len(tags)) + entries + bytes(4)))
    path.write_bytes(out)
    return path


def jpeg(pixels: NDArray[Any]) -> bytes:
    return encoded(pixels, "JPEG", quality=95, subsampling="4:2:0")


def segments(data: bytes) -> tuple[dict[int, list[bytes]], bytes]:
    """The contents of a JPEG's segments by marker, and its scan without the end."""
    found: dict[int, list[bytes]] = {}
    at = 2
    while True:
        marker, (size,) = data[at + 1], struct.unpack_from(">H", data, at + 2)
        found.setdefault(marker, []).append(data[at + 4 : at + 2 + size])
        at += 2 + size
        if marker == 0xDA:
            return found, data[at:-2]


def tables(data: bytes) -> dict[int, list[bytes]]:
    """The tables of a JPEG as TIFF 6.0 has them: one of each kind a channel."""
    found, _ = segments(data)
    quantization = {table[0]: table[1:] for table in found[0xDB]}
    huffman = {table[0]: table[1:] for table in found[0xC4]}
    return {
        519: [quantization[i] for i in (0, 1, 1)],
        520: [huffman[i] for i in (0, 1, 1)],
        521: [huffman[16 + i] for i in (0, 1, 1)],
    }


@pytest.mark.parametrize("layout", ["strips", "tiles", "one strip"])
def test_old_jpeg_with_its_tables_in_tags(tmp_path: Path, layout: str) -> None:
    """Height and width are no multiple of the parts."""
    rgb = smooth(72, 56, 3)
    height, width = {"strips": (32, 56), "tiles": (32, 32), "one strip": (72, 56)}[layout]
    parts = []
    for y in range(0, 72, height):
        for x in range(0, 56, width):
            part = rgb[y : y + height, x : x + width]
            if layout == "tiles":
                part = np.pad(part, ((0, 32 - len(part)), (0, 32 - part.shape[1]), (0, 0)), "edge")
            parts.append(segments(jpeg(part))[1])
    tags: Tags = {**SHARED, 256: ("H", [56]), 257: ("H", [72]), 259: ("H", [6]), 512: ("H", [1])}
    sides: Tags = {322: ("H", [32]), 323: ("H", [32])} if layout == "tiles" else {278: ("H", [height])}
    read = read_picture(write(tmp_path / "a.tif", parts, {**tags, **sides}, tables(jpeg(rgb)))).pixels
    assert read.shape == rgb.shape
    assert np.abs(read.astype(int) - rgb).max() <= 6


@pytest.mark.parametrize("whole", [True, False])
def test_old_jpeg_with_a_stream_beside_its_strips(tmp_path: Path, whole: bool) -> None:
    """The stream is all of the picture, or its tables and header alone; no tag counts the channels."""
    rgb = smooth(48, 64, 3)
    data = jpeg(rgb)
    _, scan = segments(data)
    stream = data if whole else data[: data.index(scan)]
    tags: Tags = {**SHARED, 256: ("H", [64]), 257: ("H", [48]), 259: ("H", [6]), 278: ("H", [48])}
    del tags[277]
    read = read_picture(write(tmp_path / "a.tif", [scan], tags, {513: [stream]})).pixels
    assert np.abs(read.astype(int) - rgb).max() <= 6


def test_old_jpeg_whose_strip_begins_inside_its_stream(tmp_path: Path) -> None:
    """At the header of the scan, as one scanner's program has it; JFIF's colours in a page that says RGB."""
    rgb = smooth(48, 64, 3)
    data = jpeg(rgb)
    tags: Tags = {**SHARED, 256: ("H", [64]), 257: ("H", [48]), 259: ("H", [6]), 278: ("H", [48])}
    tags[262], tags[513] = ("H", [2]), ("I", [8])
    path = write(tmp_path / "a.tif", [data], tags)
    written = bytearray(path.read_bytes())
    at = written.index(struct.pack("<HHI", 273, 4, 1)) + 8
    struct.pack_into("<I", written, at, 8 + data.index(b"\xff\xda"))
    path.write_bytes(written)
    assert np.abs(read_picture(path).pixels.astype(int) - rgb).max() <= 6


def test_old_jpeg_whose_first_strip_alone_has_the_scans_header(tmp_path: Path) -> None:
    """As Wang's programs wrote it: tables in a stream, the header before the first of the strips."""
    rgb = smooth(48, 64, 3)
    files = [jpeg(np.ascontiguousarray(rgb[y : y + 16])) for y in (0, 16, 32)]
    scans = [segments(data)[1] for data in files]
    head = files[0][files[0].index(b"\xff\xda") : files[0].index(scans[0])]
    stream = files[0][: files[0].index(b"\xff\xda")]
    tags: Tags = {**SHARED, 256: ("H", [64]), 257: ("H", [48]), 259: ("H", [6]), 278: ("H", [16])}
    path = write(tmp_path / "a.tif", [head + scans[0], *scans[1:]], tags, {513: [stream]})
    assert np.abs(read_picture(path).pixels.astype(int) - rgb).max() <= 6


def test_old_jpeg_in_a_stream_alone(tmp_path: Path) -> None:
    rgb = smooth(48, 64, 3)
    tags: Tags = {**SHARED, 256: ("H", [64]), 257: ("H", [48]), 259: ("H", [6])}
    path = write(tmp_path / "a.tif", [], tags, {513: [jpeg(rgb)]})
    assert np.abs(read_picture(path).pixels.astype(int) - rgb).max() <= 6


def test_planes_of_full_size_without_a_word_on_it(tmp_path: Path) -> None:
    """The tag's default is chroma of half the size; who leaves it out has that seldom."""
    rgb = smooth(48, 64, 3)
    parts = [plane.tobytes() for plane in np.moveaxis(ycbcr(rgb), 2, 0)]
    tags: Tags = {**SHARED, 256: ("H", [64]), 257: ("H", [48]), 259: ("H", [1]), 284: ("H", [2])}
    del tags[530]
    read = read_picture(write(tmp_path / "a.tif", parts, tags)).pixels
    assert np.abs(read.astype(int) - rgb).max() <= 2


def test_old_jpeg_cut_short_is_damaged(tmp_path: Path) -> None:
    rgb = smooth(48, 64, 3)
    tags: Tags = {**SHARED, 256: ("H", [64]), 257: ("H", [48]), 259: ("H", [6]), 279: ("I", [9])}
    path = write(tmp_path / "a.tif", [segments(jpeg(rgb))[1]], tags, tables(jpeg(rgb)))
    data = bytearray(path.read_bytes())
    at = data.index(struct.pack("<HHI", 279, 4, 1)) + 8
    struct.pack_into("<I", data, at, 1_000_000)
    path.write_bytes(data)
    with pytest.raises(PictureError, match="damaged or incomplete TIFF"):
        read_picture(path)


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2), (4, 4)])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("tiled", [False, True])
def test_ycbcr_in_planes(tmp_path: Path, subsampling: tuple[int, int], compressed: bool, tiled: bool) -> None:
    """Sides and strips that chroma's do not divide evenly; blocks of one colour each."""
    across, down = subsampling
    rgb = np.kron(noise(7, 9, 3) // 4 + 96, np.ones((8, 8, 1), np.uint8))[:50, :66]
    whole = ycbcr(rgb)
    planes = [whole[..., 0], whole[::down, ::across, 1], whole[::down, ::across, 2]]
    parts = []
    for plane, (x_factor, y_factor) in zip(planes, ((1, 1), subsampling, subsampling), strict=True):
        high = (64 if tiled else 16) // y_factor
        wide = 64 // x_factor if tiled else plane.shape[1]
        for y in range(0, plane.shape[0], high):
            for x in range(0, plane.shape[1], wide):
                part = plane[y : y + high, x : x + wide]
                if tiled:
                    part = np.pad(part, ((0, high - len(part)), (0, wide - part.shape[1])))
                parts.append(part.tobytes())
    tags: Tags = {
        **SHARED,
        256: ("H", [66]),
        257: ("H", [50]),
        259: ("H", [8 if compressed else 1]),
        284: ("H", [2]),
        530: ("H", subsampling),
        **({322: ("H", [64]), 323: ("H", [64])} if tiled else {278: ("H", [16])}),
    }
    parts = [zlib.compress(part) for part in parts] if compressed else parts
    read = read_picture(write(tmp_path / "a.tif", parts, tags)).pixels
    assert read.shape == rgb.shape
    inside = np.kron(np.ones((7, 9)), np.pad(np.ones((4, 4)), 2)).astype(bool)[:50, :66]
    assert np.abs(read.astype(int) - rgb)[inside].max() <= 2  # chroma between blocks is interpolated
