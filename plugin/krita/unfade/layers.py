"""Krita's layers: how their pixels travel to the engine and back, and how a result takes a layer's place.

A layer's values travel as they are, with its own colour profile, so that what a filter leaves alone comes
back to the last bit; nothing is converted on the way but 16-bit floats, which become wider ones.
"""

from __future__ import annotations

import functools
import os
import struct
import tempfile
import zipfile
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import unfade_editor
from unfade_client import EngineError, Result
from unfade_editor import Pixels, rows_of, stripes_of

from krita import Document, InfoObject, Krita, Node

try:
    from PyQt6.QtCore import QRect
    from PyQt6.QtGui import QImage
except ImportError:
    from PyQt5.QtCore import QRect
    from PyQt5.QtGui import QImage

Stripes = Iterable[bytes]

TITLE = "Unfade"
CHANNELS = {"GRAYA": 2, "RGBA": 4}
DEPTHS = {"U8": "u8", "U16": "u16", "F16": "float32", "F32": "float32"}  # Krita's names, and the client's
TILE = 64  # rows of Krita's own tiles
SRGB, LINEAR_SRGB = "sRGB-elle-V2-srgbtrc.icc", "sRGB-elle-V2-g10.icc"  # Krita's own
COPY = "copy"  # the blending mode that replaces what is below


@dataclass(frozen=True)
class Space:
    """A colour space by Krita's names for it."""

    model: str
    depth: str
    profile: str

    @classmethod
    def of(cls, node: Node) -> Space:
        """A layer's, which need not be the picture's."""
        return cls(node.colorModel(), node.colorDepth(), node.colorProfile())

    @property
    def icc(self) -> bytes | None:
        """The profile itself; None for sRGB."""
        return None if self.profile == SRGB else profile_bytes(self)

    def sent(self, data: Any) -> bytes:
        """Krita's bytes as the engine takes them: floats of 32 bits, RGBA where Krita has BGRA."""
        return _widened(bytes(data)) if self.depth == "F16" else self._swapped(bytes(data))

    def kept(self, data: Any) -> bytes:
        """The inverse."""
        return _narrowed(data) if self.depth == "F16" else self._swapped(bytes(data))

    def _swapped(self, data: bytes) -> bytes:
        if self.model != "RGBA" or self.depth[0] == "F":
            return data
        formats = getattr(QImage, "Format", QImage)
        size, format = (4, formats.Format_ARGB32) if self.depth == "U8" else (8, formats.Format_RGBA64)
        image = QImage(data, len(data) // size, 1, len(data), format).rgbSwapped()  # which owns the bytes
        return image.constBits().asstring(len(data))  # ten times as fast as Python's own slices


@functools.cache
def profile_bytes(space: Space) -> bytes:
    """The ICC profile of a colour space, which Krita tells scripts only the name of: out of a picture of one
    pixel in Krita's own format. Raises EngineError where it is not in there."""
    document = Krita.instance().createDocument(1, 1, TITLE, space.model, space.depth, space.profile, 72.0)
    try:
        document.setBatchmode(True)  # no dialog
        with tempfile.TemporaryDirectory(prefix="unfade-") as folder:
            path = os.path.join(folder, "profile.kra")  # noqa: PTH118 - as Krita takes it
            document.exportImage(path, InfoObject())
            with zipfile.ZipFile(path) as archive:
                name = next(name for name in archive.namelist() if name.endswith("annotations/icc"))
                return archive.read(name)
    except (OSError, StopIteration, zipfile.BadZipFile) as error:
        sentence = f"Krita does not give its colour profile {space.profile}, so nothing was done."
        raise EngineError(sentence, "usage", str(error)) from error
    finally:
        document.close()


@dataclass(frozen=True)
class Layer:
    """A paint layer with pixels."""

    node: Node
    x: int
    y: int
    width: int
    height: int
    space: Space

    @classmethod
    def of(cls, node: Node | None) -> Layer:
        """Raises EngineError for what cannot be filtered."""
        if node is None:
            raise EngineError("No layer is selected: select one.", "usage")
        name, bounds = node.name(), node.bounds()
        space = Space.of(node)
        if node.type() == "grouplayer":
            problem = f"The group {name} has no pixels of its own: select a layer inside it."
        elif node.type() != "paintlayer":
            problem = f"{name} is not a paint layer: select one, or convert it (Layer > Convert)."
        elif (locked := lock_of(node)) is not None:
            kind = "group" if locked.type() == "grouplayer" else "layer"
            problem = f"The {kind} {locked.name()} is locked: unlock it first."
        elif bounds.isEmpty():
            problem = f"The layer {name} is empty: select another."
        elif space.model not in CHANNELS or space.depth not in DEPTHS:
            problem = (
                f"The layer {name} is neither RGB nor gray (Krita calls it {space.model}), and its colours "
                "would not come back exactly: convert it first (Image > Convert Image Color Space)."
            )
        else:
            return cls(node, bounds.x(), bounds.y(), bounds.width(), bounds.height(), space)
        raise EngineError(problem, "usage")

    def read(self) -> Pixels:
        """All of the layer, also what lies outside the selection: the networks look around."""
        data = [self.space.sent(each) for each in read_pixels(self.node, *self.place)]
        channels, depth = CHANNELS[self.space.model], DEPTHS[self.space.depth]
        return Pixels(self.width, self.height, channels, depth, data, self.space.icc)

    @property
    def place(self) -> tuple[int, int, int, int]:
        """(x, y, width, height) in the picture."""
        return self.x, self.y, self.width, self.height

    def replace(self, result: Result, at: tuple[int, int], title: str) -> int:
        """Puts a result in the layer's place, all of it; gives how many undo steps that is.

        ``at`` is where its top left pixel comes to lie in the picture.
        """
        new = self._copy(title)
        self.write(new, result, at)
        grown = (*at, result.width, result.height) != self.place
        full = unfade_editor.is_opaque(result.pixels, result.channels, result.depth, holes=not grown)
        return self._take_place(new, full)

    def write(self, into: Node, result: Result, at: tuple[int, int]) -> None:
        """A result into a copy that Krita does not show yet, in place of all that it has."""
        place = (*at, result.width, result.height)
        if not QRect(*place).contains(old := into.bounds()):
            size = len(into.pixelData(0, 0, 1, 1)) * old.width() * old.height()
            into.setPixelData(bytes(size), *old.getRect())
        write_pixels(into, self._kept(result, Space.of(into)), *place[:3])

    def patch(self, result: Result, selected: Selected | None, title: str) -> int:
        """Puts a result of the layer's size in its place, as far as it is selected; gives how many undo
        steps that is."""
        if selected is None:
            return self.replace(result, (self.x, self.y), title)
        new = self._copy(title)
        space = Space.of(new)
        x, y, width, height = selected.x, selected.y, selected.width, selected.height
        after = b"".join(self._kept(result, space))
        if result.region is None:
            row, pixel = len(after) // self.height, len(after) // (self.width * self.height)
            starts = ((y - self.y + line) * row + (x - self.x) * pixel for line in range(height))
            after = b"".join(after[start : start + width * pixel] for start in starts)
        before = b"".join(read_pixels(new, x, y, width, height))
        half, depth = space.depth == "F16", DEPTHS[space.depth]
        if half:
            before, after = _widened(before), _widened(after)
        mixed = unfade_editor.blended(before, after, selected.mask, CHANNELS[space.model], depth)
        write_pixels(new, [_narrowed(mixed) if half else mixed], x, y, width)
        whole = read_pixels(new, *self.place)
        full = all(
            unfade_editor.is_opaque(space.sent(each), CHANNELS[space.model], depth, holes=True)
            for each in whole
        )
        return self._take_place(new, full)

    def _copy(self, title: str) -> Node:
        """One like it, with its masks, blending mode and opacity, which Krita does not show yet."""
        new = self.node.duplicate()
        new.setName(f"{self.node.name()} ({title})")
        return new

    def _kept(self, result: Result, target: Space) -> Stripes:
        """The result's pixels as Krita keeps them in a layer; what got colours is sRGB."""
        source = self.space
        if result.channels != CHANNELS[source.model]:
            source = Space("RGBA", source.depth if source.depth[0] == "U" else "F32", SRGB)
        stripes = (source.kept(stripe) for stripe in stripes_of(result.pixels, result.height, TILE))
        return converted(stripes, result.width, result.height, source, target)

    def _take_place(self, new: Node, full: bool) -> int:
        """Shows the copy in place of the layer. ``full`` says that its own pixels hide the layer's.

        Krita has no undo step that replaces: where the copy would not hide the layer, it replaces all that is
        below it by its blending mode at the bottom; elsewhere the layer is removed, a step of its own.
        """
        hides = is_plain(self.node) and (full or self.node.blendingMode() == COPY)
        replaces = not hides and is_plain(self.node) and is_at_the_bottom(self.node)
        if replaces:
            new.setBlendingMode(COPY)
        self.node.parentNode().addChildNode(new, self.node)
        if hides or replaces:
            return 1
        self.node.remove()
        return 2


@dataclass(frozen=True)
class Selected:
    """What is selected of a layer: a rectangle in the picture, and a byte for each of its pixels."""

    x: int
    y: int
    width: int
    height: int
    mask: bytes

    @classmethod
    def of(cls, document: Document, layer: Layer) -> Selected | None:
        """None where there is no selection. Raises EngineError where nothing of the layer is in it."""
        selection = document.selection()
        if selection is None:
            return None
        whole = QRect(selection.x(), selection.y(), selection.width(), selection.height())
        shared = whole.intersected(QRect(*layer.place))
        mask = b"" if shared.isEmpty() else bytes(selection.pixelData(*shared.getRect()))
        y, x, height, width = unfade_editor.bounds_of(mask, shared.width())
        lines = (mask[row * shared.width() + x :][:width] for row in range(y, y + height))
        return cls(shared.x() + x, shared.y() + y, width, height, b"".join(lines))

    def region(self, layer: Layer) -> tuple[int, int, int, int]:
        """(y, x, height, width) in pixels of the layer, as the engine takes it."""
        return self.y - layer.y, self.x - layer.x, self.height, self.width


def is_plain(node: Node) -> bool:
    """Whether what a layer looks like is its pixels, laid over (or in place of) what is below it."""
    return (
        node.blendingMode() in ("normal", COPY)
        and node.opacity() == 255
        and not node.childNodes()
        and not node.inheritAlpha()
        and not node.layerStyleToAsl()
        and all(channel.visible() for channel in node.channels())
    )


def is_at_the_bottom(node: Node) -> bool:
    """Whether nothing can be seen below the node where it would be replaced."""
    parent = node.parentNode()
    siblings = parent.childNodes()
    below = siblings[: [each.uniqueId() for each in siblings].index(node.uniqueId())]
    if any(each.visible() and "mask" not in each.type() for each in below):
        return False
    through = parent.parentNode() is not None and parent.passThroughMode()
    return not through or is_at_the_bottom(parent)


def lock_of(node: Node) -> Node | None:
    """The node or the group around it that is locked, the innermost one."""
    while node is not None and not node.locked():
        node = node.parentNode()
    return node


def read_pixels(node: Node, x: int, y: int, width: int, height: int) -> Iterator[bytes]:
    """In stripes, so that no copy of a large layer is made at once."""
    step = rows_of(width * len(node.pixelData(x, y, 1, 1)), TILE)
    for row in range(0, height, step):
        yield bytes(node.pixelData(x, y + row, width, min(step, height - row)))


def write_pixels(node: Node, stripes: Stripes, x: int, y: int, width: int) -> None:
    """The counterpart; each stripe is rows without gaps."""
    row = width * len(node.pixelData(x, y, 1, 1))
    for stripe in stripes:
        node.setPixelData(stripe, x, y, width, len(stripe) // row)
        y += len(stripe) // row


def converted(data: Stripes, width: int, height: int, source: Space, target: Space) -> Stripes:
    """Stripes in another colour space, by Krita itself in a document that nobody sees."""
    if source == target:
        return data
    document = Krita.instance().createDocument(
        width, height, TITLE, source.model, source.depth, source.profile, 72.0
    )
    try:
        node = document.createNode(TITLE, "paintlayer")
        document.rootNode().addChildNode(node, None)
        write_pixels(node, data, 0, 0, width)
        document.setColorSpace(target.model, target.depth, target.profile)
        document.waitForDone()
        return list(read_pixels(node, 0, 0, width, height))
    finally:
        document.close()


@functools.cache
def _halves() -> array[float]:
    """The values of all floats of 16 bits."""
    every = array("H", range(1 << 16)).tobytes()
    return array("f", struct.unpack(f"={1 << 16}e", every))


def _widened(data: bytes) -> bytes:
    """Floats of 16 bits as floats of 32."""
    return array("f", map(_halves().__getitem__, array("H", data))).tobytes()


def _narrowed(data: Any) -> bytes:
    """Floats of 32 bits as floats of 16, what is too large as the largest."""
    values: Any = array("f", bytes(data))
    try:
        return struct.pack(f"={len(values)}e", *values)
    except OverflowError:
        return struct.pack(f"={len(values)}e", *(max(-65504.0, min(65504.0, value)) for value in values))
