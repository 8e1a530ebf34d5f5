"""Image file directories, the tagged structure of TIFF files and EXIF blocks: pages and EXIF of a TIFF file.

TIFF 6.0, BigTIFF and EXIF 2.32.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

EXIF_IFD = 0x8769
GPS_IFD = 0x8825
INTEROP_IFD = 0xA005
CHILDREN = frozenset({EXIF_IFD, GPS_IFD, INTEROP_IFD})
"""Tags whose value is the offset of a further directory."""

# What a TIFF's own directory says about the photograph rather than about the file's structure.
_DESCRIPTIVE = frozenset(
    {
        0x000B,  # ProcessingSoftware
        0x010D,  # DocumentName
        0x010E,  # ImageDescription
        0x010F,  # Make
        0x0110,  # Model
        0x011D,  # PageName
        0x0131,  # Software
        0x0132,  # DateTime
        0x013B,  # Artist
        0x013C,  # HostComputer
        0x4746,  # Rating
        0x4749,  # RatingPercent
        0x8298,  # Copyright
        *range(0x9C9B, 0x9CA0),  # XPTitle, XPComment, XPAuthor, XPKeywords, XPSubject
        0xC614,  # UniqueCameraModel
        0xC62F,  # CameraSerialNumber
        0xC630,  # LensInfo
        EXIF_IFD,
        GPS_IFD,
        # What belongs into the directory of EXIF, and lies in the first one in some files.
        0x829A,
        0x829D,
        *range(0x8822, 0x8836),
        *(tag for tag in range(0x9000, 0x9500) if tag != 0x935C),
        *range(0xA000, 0xA002),
        *range(0xA20B, 0xA440),
    }
)

LEFT_OUT = {
    "Its place on the map is left out.": frozenset(
        {0x830E, 0x8482, 0x85D8}
    ),  # GeoTIFF: scale, points, matrix
    "GDAL's notes are left out.": frozenset({0xA480, 0xA481}),
    "Its Photoshop layers are left out.": frozenset({0x935C}),  # Photoshop would show them for the picture
}
"""Tags that would not be true of a result, with the sentence on what they hold."""

SHORT, LONG, RATIONAL = 3, 4, 5
_UNDEFINED, LONG8 = 7, 16
_KINDS = {1: (1, 2, 6, 7), 2: (3, 8), 4: (4, 9, 11, 13), 8: (5, 10, 12, 16, 17, 18)}  # types by size
_SIZES = {kind: size for size, kinds in _KINDS.items() for kind in kinds}
_WORDS = _SIZES | {5: 4, 10: 4}  # bytes swapped together: a rational is two words
_NUMBERS = {
    1: "B",
    3: "H",
    4: "I",
    RATIONAL: "II",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    18: "Q",
}  # struct codes
_MAX_ENTRIES = 4096
_MAX_PAGES = 4096
_MAX_NUMBERS = 64  # of a tag that says something of the whole page
_MAX_VALUES = 64 * 2**20  # bytes, all entries of a directory together
_OFFSET_KINDS = (LONG, 13, LONG8, 18)  # LONG, IFD and their wide forms


class MalformedError(ValueError):
    """The bytes are not a directory that can be followed."""


@dataclass(frozen=True)
class Layout:
    """How numbers are written: the byte order, and the wide offsets of BigTIFF."""

    order: str
    """ "<" or ">", as the struct module has it."""
    big: bool = False

    @property
    def count(self) -> struct.Struct:
        """The number of entries before them."""
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def offset(self) -> struct.Struct:
        """An offset, and the room for a value inside an entry."""
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def head(self) -> struct.Struct:
        """An entry's tag, type and count, before its value."""
        return struct.Struct(self.order + ("HHQ" if self.big else "HHI"))


@dataclass(frozen=True)
class Entry:
    """One tag. Where `children` are given, the value is their offset and is worked out on writing."""

    tag: int
    kind: int
    count: int
    value: bytes
    """In the byte order of the layout it was read with; with `raw`, the value field as it stands."""
    children: tuple[Entry, ...] = ()
    raw: bool = False

    def reordered(self) -> Entry:
        """The same in the other byte order."""
        size = _WORDS[self.kind]
        value = b"".join(self.value[i : i + size][::-1] for i in range(0, len(self.value), size))
        return Entry(self.tag, self.kind, self.count, value, tuple(c.reordered() for c in self.children))

    def share(self, index: int, of: int) -> Entry:
        """That part of its values, of so many equal parts."""
        count, size = self.count // of, _SIZES[self.kind]
        return Entry(
            self.tag, self.kind, count, self.value[index * count * size : (index + 1) * count * size]
        )


@dataclass(frozen=True)
class Slot:
    """Where an entry lies, for changing it in place."""

    position: int
    tag: int
    kind: int
    count: int


WIDTH, LENGTH = 0x0100, 0x0101
COMPRESSION, PHOTOMETRIC, SAMPLES_PER_PIXEL, PLANAR_CONFIG = 0x0103, 0x0106, 0x0115, 0x011C
INK_SET, EXTRA_SAMPLES = 0x014C, 0x0152
YCBCR_COEFFICIENTS, REFERENCE_BLACK_WHITE = 0x0211, 0x0214
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x011A, 0x011B, 0x0128
BITS_PER_SAMPLE, SAMPLE_FORMAT, ORIENTATION, SUBSAMPLING = 0x0102, 0x0153, 0x0112, 0x0212
ICC, XMP, IPTC, PHOTOSHOP = 0x8773, 0x02BC, 0x83BB, 0x8649
_SUBFILE, _OLD_SUBFILE, _TILE_WIDTH, _SUB_DIRECTORIES, _DNG = 0x00FE, 0x00FF, 0x0142, 0x014A, 0xC612

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, SEPARATED, YCBCR, LOG_L, LOG_LUV = 0, 1, 2, 3, 5, 6, 32844, 32845
"""Photometric interpretations; "separated" are inks."""
OLD_JPEG, JPEG = 6, 7
"""Compressions."""
_SENSOR = (32803, 34892)  # photometric interpretations: colour filter array, linear raw


@dataclass(frozen=True)
class Page:
    """What the tags of a page say of its pixels (TIFF 6.0, section 8)."""

    index: int
    """Its place in the file, from 0."""
    offset: int
    """Of its directory."""
    tags: Mapping[int, tuple[float, ...]]
    """The numbers of each tag that has any; rationals as quotients."""
    present: frozenset[int] = frozenset()
    """All tags, those of texts and blocks too."""

    def first(self, tag: int, default: int) -> int:
        """The first number of a tag, or the default that TIFF 6.0 gives it."""
        return int(self.tags[tag][0]) if tag in self.tags else default

    @property
    def photometric(self) -> int:
        """Where no tag says, RGB for three plain channels, as libtiff takes them too; else -1."""
        three = self.first(SAMPLES_PER_PIXEL, 1) - len(self.extra_samples) == 3
        plain = three and self.compression not in (OLD_JPEG, JPEG) and SUBSAMPLING not in self.tags
        return self.first(PHOTOMETRIC, RGB if plain else -1)

    @property
    def compression(self) -> int:
        return self.first(COMPRESSION, 1)

    @property
    def samples(self) -> int:
        """Channels, alpha and the like included; files of old-style JPEG leave the tag out."""
        colours = 3 if self.compression == OLD_JPEG and self.photometric in (RGB, YCBCR) else 1
        return self.first(SAMPLES_PER_PIXEL, colours)

    @property
    def extra_samples(self) -> tuple[float, ...]:
        """What each channel beyond the colours means: 0 unspecified, 1 and 2 alpha."""
        return self.tags.get(EXTRA_SAMPLES, ())

    @property
    def is_tiled(self) -> bool:
        return _TILE_WIDTH in self.tags

    @property
    def is_separate(self) -> bool:
        """Whether each channel lies for itself."""
        return self.first(PLANAR_CONFIG, 1) == 2

    @property
    def has_children(self) -> bool:
        """Whether it refers to directories beside the chain of pages."""
        return _SUB_DIRECTORIES in self.tags

    @property
    def is_reduced(self) -> bool:
        """Whether it is a smaller version of another page, or a mask (by NewSubfileType)."""
        return bool(self.first(_SUBFILE, 0) & 0b101) or self.first(_OLD_SUBFILE, 1) == 2

    @property
    def is_raw(self) -> bool:
        """Whether it is a camera's sensor data (DNG version, colour filter array, linear raw)."""
        return _DNG in self.tags or self.photometric in _SENSOR


def pages(stream: BinaryIO) -> list[Page]:
    """The pages of a TIFF file, as far as its directories can be followed."""
    found: list[Page] = []
    seen: set[int] = set()
    try:
        layout, offset = read_header(stream)
        while offset and offset not in seen and len(found) < _MAX_PAGES:
            seen.add(offset)
            entries, link = slots(stream, layout, offset)
            tags = {slot.tag: values for slot in entries if (values := _numbers(stream, layout, slot))}
            found.append(Page(len(found), offset, tags, frozenset(slot.tag for slot in entries)))
            (offset,) = layout.offset.unpack(_read(stream, link, layout.offset.size))
    except MalformedError:
        pass
    return found


def numbers_of(stream: BinaryIO, page: Page, tag: int) -> tuple[int, ...]:
    """All numbers of a page's tag, however many (offsets of strips); none without it.

    Raises:
        MalformedError: if the directory is not wholly there.
    """
    layout, _ = read_header(stream)
    found = (slot for slot in slots(stream, layout, page.offset)[0] if slot.tag == tag)
    return tuple(int(n) for slot in found for n in _numbers(stream, layout, slot, _MAX_VALUES // 8))


def _numbers(stream: BinaryIO, layout: Layout, slot: Slot, most: int = _MAX_NUMBERS) -> tuple[float, ...]:
    """The numbers of an entry of so many at most; none for text."""
    code = _NUMBERS.get(slot.kind)
    size = _SIZES.get(slot.kind, 0) * slot.count
    if code is None or not 0 < slot.count <= most:
        return ()
    at = slot.position + layout.head.size
    try:
        if size > layout.offset.size:
            (at,) = layout.offset.unpack(_read(stream, at, layout.offset.size))
        values = struct.unpack(layout.order + code * slot.count, _read(stream, at, size))
    except MalformedError:
        return ()
    if slot.kind == RATIONAL:
        return tuple(a / b if b else 0.0 for a, b in zip(values[::2], values[1::2], strict=True))
    return values


def resolution(tags: Mapping[int, tuple[float, ...]]) -> tuple[float, float] | None:
    """Pixels per inch by a directory's tags; None where they give no resolution, or no unit."""
    unit = {1: 0.0, 2: 1.0, 3: 2.54}.get(int(tags.get(RESOLUTION_UNIT, (2,))[0]), 0.0)
    across = tags.get(X_RESOLUTION, tags.get(Y_RESOLUTION, (0.0,)))[0]
    down = tags.get(Y_RESOLUTION, (across,))[0]
    values = (round(across * unit, 2), round(down * unit, 2))
    return values if min(values) > 0 else None


def block_of(stream: BinaryIO, page: Page, tag: int) -> bytes | None:
    """The bytes of a page's tag that holds a block (a profile, XMP, IPTC); None without it."""
    try:
        layout, _ = read_header(stream)
        for slot in slots(stream, layout, page.offset)[0]:
            size = _SIZES.get(slot.kind, 0) * slot.count
            if slot.tag == tag and layout.offset.size < size <= _MAX_VALUES:
                at = slot.position + layout.head.size
                return _read(stream, layout.offset.unpack(_read(stream, at, layout.offset.size))[0], size)
    except MalformedError:
        pass
    return None


def exif_of(stream: BinaryIO, page: Page | None = None) -> bytes | None:
    """The EXIF block of a page, the first by default; None without any.

    It holds the page's EXIF and GPS directories and its descriptive tags.
    """
    try:
        layout, first = read_header(stream)
        offset = first if page is None else page.offset
        entries = [e for e in read_entries(stream, layout, offset) if e.tag in _DESCRIPTIVE]
    except MalformedError:
        return None
    if not entries:
        return None
    mark, layout = (b"II", Layout("<")) if layout.order == "<" else (b"MM", Layout(">"))
    head = mark + struct.pack(layout.order + "HI", 42, 8)
    return head + directory_bytes(entries, layout, len(head))


def add_metadata(
    stream: BinaryIO, exif: bytes | None, iptc: bytes | None, dpi: tuple[float, float] | None
) -> None:
    """Puts an EXIF block, IPTC records and the resolution into the TIFF file open in `stream` (both ways).

    A new first directory is appended, which refers to the pixels as the old one did, and the file's header is
    pointed to it.
    """
    layout, first = read_header(stream)
    entries = resolution_entries(layout, dpi)
    if iptc:
        entries.append(Entry(IPTC, _UNDEFINED, len(iptc), iptc))
    if exif:
        source = io.BytesIO(exif)
        source_layout, source_first = read_header(source)
        found = [e for e in read_entries(source, source_layout, source_first) if e.tag in _DESCRIPTIVE]
        entries += found if layout.order == source_layout.order else [e.reordered() for e in found]
    new = {e.tag for e in entries}
    entries += [e for e in raw_entries(stream, layout, first) if e.tag not in new]
    end = stream.seek(0, io.SEEK_END)
    stream.write(bytes(end % 2))
    stream.write(directory_bytes(entries, layout, end + end % 2))
    stream.seek(8 if layout.big else 4)
    stream.write(layout.offset.pack(end + end % 2))


def resolution_entries(layout: Layout, dpi: tuple[float, float] | None) -> list[Entry]:
    """The tags for pixels per inch; without any they say that there is no unit, as the tags must be there."""
    fraction = struct.Struct(layout.order + "II")
    across, down = (fraction.pack(round(d * 10_000), 10_000) for d in dpi or (1, 1))
    return [
        Entry(X_RESOLUTION, RATIONAL, 1, across),
        Entry(Y_RESOLUTION, RATIONAL, 1, down),
        Entry(RESOLUTION_UNIT, SHORT, 1, struct.pack(layout.order + "H", 2 if dpi else 1)),
    ]


def read_header(stream: BinaryIO) -> tuple[Layout, int]:
    """The layout of a TIFF file or EXIF block, and the offset of its first directory.

    Raises:
        MalformedError: if it does not begin like one.
    """
    stream.seek(0)
    head = stream.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        raise MalformedError("no byte order mark")
    (magic,) = struct.unpack_from(order + "H", head, 2)
    if magic == 42:
        return Layout(order), struct.unpack_from(order + "I", head, 4)[0]
    if magic == 43 and len(head) == 16:
        return Layout(order, big=True), struct.unpack_from(order + "Q", head, 8)[0]
    raise MalformedError("no TIFF magic number")


def slots(stream: BinaryIO, layout: Layout, offset: int) -> tuple[list[Slot], int]:
    """The entries of the directory at `offset`, and the position of the link to the next directory.

    Raises:
        MalformedError: if the directory is not wholly there.
    """
    (count,) = layout.count.unpack(_read(stream, offset, layout.count.size))
    if count > _MAX_ENTRIES:
        raise MalformedError(f"a directory of {count} entries")
    size = layout.head.size + layout.offset.size
    start = offset + layout.count.size
    body = _read(stream, start, count * size)
    found = [Slot(start + i, *layout.head.unpack_from(body, i)) for i in range(0, len(body), size)]
    return found, start + len(body)


def read_entries(stream: BinaryIO, layout: Layout, offset: int, depth: int = 0) -> Iterator[Entry]:
    """The entries of the directory at `offset` with their values; those that cannot be followed are left out.

    Raises:
        MalformedError: if the directory itself is not wholly there.
    """
    room = _MAX_VALUES
    seen: set[int] = set()
    for slot in slots(stream, layout, offset)[0]:
        size = _SIZES.get(slot.kind, 0) * slot.count
        if not 0 < size <= room or slot.tag in seen:
            continue
        room -= size
        seen.add(slot.tag)
        try:
            at = slot.position + layout.head.size
            if size > layout.offset.size:
                (at,) = layout.offset.unpack(_read(stream, at, layout.offset.size))
            value = _read(stream, at, size)
            if slot.tag not in CHILDREN:
                yield Entry(slot.tag, slot.kind, slot.count, value)
            elif depth < 2 and slot.kind in _OFFSET_KINDS and slot.count == 1:
                child = int.from_bytes(value, "little" if layout.order == "<" else "big")
                children = tuple(read_entries(stream, layout, child, depth + 1))
                if children:
                    yield Entry(slot.tag, LONG, 1, b"", children)
        except MalformedError:
            continue


def raw_entries(stream: BinaryIO, layout: Layout, offset: int) -> list[Entry]:
    """The entries of the directory at `offset` as they stand, for a directory elsewhere in the same file."""
    entries = []
    for slot in slots(stream, layout, offset)[0]:
        value = _read(stream, slot.position + layout.head.size, layout.offset.size)
        entries.append(Entry(slot.tag, slot.kind, slot.count, value, raw=True))
    return entries


def directory_bytes(entries: list[Entry], layout: Layout, base: int) -> bytes:
    """A directory of `entries` that will lie at offset `base` (even), then their values and children."""
    entries = sorted(entries, key=lambda entry: entry.tag)
    room = layout.offset.size
    table = layout.count.pack(len(entries))
    tail = b""
    after = base + layout.count.size + len(entries) * (layout.head.size + room) + room
    for entry in entries:
        kind, field = entry.kind, entry.value
        if entry.children:
            kind = LONG8 if layout.big else LONG
            field = layout.offset.pack(after + len(tail))
            tail += directory_bytes(list(entry.children), layout, after + len(tail))
        elif not entry.raw and len(field) > room:
            field = layout.offset.pack(after + len(tail))
            tail += entry.value
        tail += bytes(len(tail) % 2)  # offsets are even
        table += layout.head.pack(entry.tag, kind, entry.count) + field.ljust(room, b"\0")
    return table + bytes(room) + tail


def _read(stream: BinaryIO, offset: int, size: int) -> bytes:
    try:
        stream.seek(offset)
    except (OSError, OverflowError, ValueError) as error:  # no file system has so large files
        raise MalformedError("it points beyond any end") from error
    data = stream.read(size)
    if len(data) != size:
        raise MalformedError("it points beyond its end")
    return data
