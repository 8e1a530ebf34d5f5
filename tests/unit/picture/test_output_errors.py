"""A result is written whole or not at all, and a failure is one sentence."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import AsNobody
from tests.unit.picture.samples import exif_block, noise, rgb_profile, smooth
from unfade.errors import OutputError
from unfade.picture import OUTPUT_FORMATS, Metadata, Picture, check_output, read_picture, write_picture

resource = pytest.importorskip("resource", reason="this system has no limits on file sizes")

SUFFIXES = sorted(OUTPUT_FORMATS.values())


def refusal(picture: Picture, path: Path, **options: int | str) -> str:
    with pytest.raises(OutputError) as caught:
        write_picture(picture, path, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert message.endswith(".")
    return message


PICTURE = Picture(smooth(16, 16, 3))


def test_folder_missing(tmp_path: Path) -> None:
    assert "does not exist; create it first" in refusal(PICTURE, tmp_path / "gone" / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.gif", "a.xyz", "a", "a.png.bak"])
def test_unknown_format(tmp_path: Path, name: str) -> None:
    assert "use one of png, jpeg, webp, tiff, bmp, avif, jxl" in refusal(PICTURE, tmp_path / name)
    assert "use one of png, jpeg, webp, tiff, bmp, avif, jxl" in refusal(
        PICTURE, tmp_path / "a.png", format="gif"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quality", [0, 101, -5])
def test_quality_out_of_range(tmp_path: Path, quality: int) -> None:
    assert "quality must be between 1 and 100" in refusal(PICTURE, tmp_path / "a.jpg", quality=quality)


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    assert "something that is not a file has this name" in refusal(PICTURE, tmp_path / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_devices_are_left_alone() -> None:
    assert "something that is not a file" in refusal(PICTURE, Path("/dev/full"), format="png")
    assert Path("/dev/full").is_char_device()


def test_a_name_too_long(tmp_path: Path) -> None:
    refusal(PICTURE, tmp_path / ("a" * 300 + ".png"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_unwritable_folder(open_folder: Path, as_nobody: AsNobody, suffix: str) -> None:
    folder = open_folder / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    with as_nobody():
        message = refusal(PICTURE, folder / f"a{suffix}")
    assert f"no permission to write in {folder}; choose another folder" in message
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="this system has no read-only /proc")
def test_folder_that_takes_no_files() -> None:
    refusal(PICTURE, Path("/proc/a.png"))


@pytest.mark.parametrize(("suffix", "limit"), [(".jpg", 65500), (".webp", 16383)])
def test_pictures_too_large_for_the_format(tmp_path: Path, suffix: str, limit: int) -> None:
    wide = Picture(np.zeros((1, limit + 1, 1), np.uint8))
    assert f"holds at most {limit} pixels a side" in refusal(wide, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []
    write_picture(Picture(np.zeros((1, limit, 1), np.uint8)), tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("room", [0, 10, 1000, 100_000])
def test_a_full_disk(tmp_path: Path, suffix: str, room: int) -> None:
    """A limit on the size of files stands in for the disk: the write calls fail in the same way."""
    picture = Picture(noise(300, 400, 3), Metadata(rgb_profile(), exif_block()))
    target = tmp_path / f"a{suffix}"
    target.write_bytes(b"an older result")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
        with pytest.raises(OutputError) as caught:
            write_picture(picture, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert str(caught.value) == (
        f"{target} cannot be written: there is no room left; free some space or choose another folder."
    )
    assert [p.name for p in tmp_path.iterdir()] == [target.name]
    assert target.read_bytes() == b"an older result"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_really_full_disk(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        sys.platform != "linux"
        or os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("only root can mount a small disk")
    try:
        assert "there is no room left" in refusal(Picture(noise(300, 400, 3)), folder / f"a{suffix}")
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_an_existing_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x" * 100_000)
    write_picture(PICTURE, path)
    np.testing.assert_array_equal(read_picture(path).pixels, PICTURE.pixels)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "a.png").symlink_to(tmp_path / "kept" / "b.png")
    write_picture(PICTURE, tmp_path / "a.png")
    assert (tmp_path / "a.png").is_symlink()
    assert (tmp_path / "kept" / "b.png").is_file()


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_files_get_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_picture(PICTURE, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_relative_name_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_picture(PICTURE, Path("a.png"))
    assert (tmp_path / "a.png").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="another kind of /proc")
def test_a_file_system_that_does_not_tell_its_size_is_not_full(tmp_path: Path) -> None:
    """/proc says of itself that it has no room at all, as do phones and some folders of networks."""
    assert shutil.disk_usage("/proc").total == 0
    (tmp_path / "proc").symlink_to("/proc/self/task")
    try:
        check_output(tmp_path / "proc" / "a.png", 2000, 2000, samples=3)
    except OutputError as error:
        assert "room" not in str(error)
