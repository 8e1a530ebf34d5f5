"""Set-up installs every library of the system that PyQt6 loads: `make test` passes on a fresh machine."""

from __future__ import annotations

import importlib.util
import re
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

ON_EVERY_DEBIAN = re.compile(r"(ld-linux.*|lib(c|dl|gcc_s|m|pthread|resolv|rt|stdc\+\+|z|zstd)\.so\.\d+)")
"""Debian's own tools need these (dpkg and apt)."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="set-up installs libraries on Linux alone")


def needed(file: Path) -> list[str]:
    """The libraries that a 64-bit little-endian ELF file names as needed."""
    data = file.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01"
    (sections,) = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, sections + k * size) for k in range(count)]
    (dynamic,) = (header for header in headers if header[1] == 6)  # SHT_DYNAMIC
    strings = headers[dynamic[6]][4]
    entries = struct.iter_unpack("<qQ", data[dynamic[4] : dynamic[4] + dynamic[5]])
    starts = [strings + value for tag, value in entries if tag == 1]  # DT_NEEDED
    return [data[start : data.index(b"\0", start)].decode() for start in starts]


def of_the_system(file: Path, bundled: Path, seen: set[str]) -> set[str]:
    """What a file needs, itself and through the wheel's own libraries, that is not in the wheel."""
    found = set()
    for name in set(needed(file)) - seen:
        seen.add(name)
        own = bundled / name
        found |= of_the_system(own, bundled, seen) if own.exists() else {name}
    return found


@pytest.mark.parametrize(
    ("file", "among_them"),
    [
        ("QtCore.abi3.so", "libglib-2.0.so.0"),
        ("QtGui.abi3.so", "libEGL.so.1"),
        ("QtTest.abi3.so", "libfontconfig.so.1"),
        ("QtWidgets.abi3.so", "libGL.so.1"),
        ("Qt6/plugins/platforms/libqoffscreen.so", "libX11.so.6"),
        ("Qt6/plugins/platforms/libqxcb.so", "libxcb-cursor.so.0"),
    ],
)
def test_set_up_knows_every_library_that_qt_loads(file: str, among_them: str) -> None:
    spec = importlib.util.find_spec("PyQt6")
    assert spec is not None and spec.submodule_search_locations is not None
    (folder,) = map(Path, spec.submodule_search_locations)
    wanted = of_the_system(folder / file, folder / "Qt6" / "lib", set())
    assert among_them in wanted
    set_up = (ROOT / "scripts" / "setup.sh").read_text(encoding="utf-8")
    installed = set(re.findall(r"^(lib\S+\.so\.\d+) \S+$", set_up, re.MULTILINE))
    assert not {name for name in wanted - installed if not ON_EVERY_DEBIAN.fullmatch(name)}
