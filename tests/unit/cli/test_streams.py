"""``-`` for standard input and output, and what is said on standard error."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.cli.conftest import Shell
from unfade.inference import devices
from unfade.picture import Picture


def piped(shell: Shell, data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        shell.command(*arguments),
        cwd=shell.folder,
        env=shell.environment,
        input=data,
        capture_output=True,
        timeout=120,
        check=False,
    )


def test_a_picture_through_pipes(shell: Shell, photo: Picture) -> None:
    data = (shell.folder / "photo.png").read_bytes()
    done = piped(shell, data, "upscale", "-", "-o", "-", "--format", "tiff", "--model", "double")
    assert done.returncode == 0, done.stderr
    result = np.asarray(Image.open(io.BytesIO(done.stdout)))
    np.testing.assert_array_equal(result, photo.pixels.repeat(2, axis=0).repeat(2, axis=1))
    assert b"40x30 -> 80x60" in done.stderr
    assert shell.files() == {"photo.png"}


@pytest.mark.usefixtures("photo")
def test_a_picture_from_a_pipe_into_a_file(shell: Shell) -> None:
    data = (shell.folder / "photo.png").read_bytes()
    done = piped(shell, data, "upscale", "-", "-o", "big.png", "--model", "double", "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert (record["input"], record["output"]) == ("-", "big.png")
    assert np.asarray(Image.open(shell.folder / "big.png")).shape == (60, 80, 3)


def test_what_is_no_picture_from_a_pipe(shell: Shell) -> None:
    done = piped(shell, b"%PDF-1.7", "upscale", "-", "-o", "-", "--format", "png", "--model", "double")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"unfade: standard input is a PDF document; export its pages as PNG or TIFF.\n"


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("photo.png", "-o", "-"), "name the format with --format"),
        (("photo.png", "photo.png", "-o", "-", "--format", "png"), "takes one result"),
        (("-", "-", "-o", "out"), "holds one picture; name it once"),
        (("photo.png", "-o", "-", "--format", "png", "--json"), "not both"),
    ],
)
def test_streams_that_make_no_sense(shell: Shell, arguments: tuple[str, ...], what: str) -> None:
    result = shell.run("upscale", *arguments, "--model", "double")
    assert result.code == 2 and what in result.err and result.out == ""


def test_a_mask_has_no_stream(shell: Shell) -> None:
    result = shell.run("deartifact", "a.png", "-o", "-", "--format", "png", "--save-mask")
    assert result.code == 2 and "takes the picture alone (-o -)" in result.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    "arguments",
    [["upscale", "photo.png", "-o", "-", "--format", "png", "--model", "net"], ["models", "list"]],
)
def test_a_disk_that_is_full(shell: Shell, arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            shell.command(*arguments),
            cwd=shell.folder,
            env=shell.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"unfade: Standard output cannot be written: No space left")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.usefixtures("photo")
def test_streams_that_are_closed(shell: Shell) -> None:
    for arguments, code in (
        ("photo.png -o b.png >&-", 0),
        ("photo.png -o b.png 2>&-", 0),
        ("- -o c.png <&-", 2),
        ("photo.png -o - --format png >&-", 2),
    ):
        line = f"{' '.join(shell.command('upscale'))} {arguments} --model double"
        done = subprocess.run(line, shell=True, cwd=shell.folder, env=shell.environment, check=False)
        assert done.returncode == code, arguments


def test_losses_are_one_line_on_standard_error(shell: Shell) -> None:
    frames = [Image.new("RGB", (8, 8), (i, 0, 0)) for i in range(2)]
    frames[0].save(shell.folder / "a.tif", save_all=True, append_images=frames[1:])
    result = shell.run("upscale", "a.tif", "-o", "b.png", "--model", "double")
    assert result.code == 0
    assert result.err == "unfade: a.tif: Only the first of its 2 pages is used.\n"
    result = shell.run("upscale", "a.tif", "-o", "c.png", "--model", "double", "--json")
    assert json.loads(result.out)["warnings"] == ["Only the first of its 2 pages is used."]
    result = shell.run("upscale", "a.tif", "-o", "d.tif", "--model", "double", "--pages", "all")
    assert (result.code, result.err) == (0, "")
    with Image.open(shell.folder / "d.tif") as image:
        assert image.n_frames == 2  # type: ignore[attr-defined]
    result = shell.run("upscale", "a.tif", "-o", "e.tif", "--model", "double", "--pages", "some")
    assert result.code == 2 and "neither a page's number nor all" in result.err


@pytest.mark.usefixtures("photo")
@pytest.mark.parametrize(
    ("vendor", "kind", "told"),
    [("0x10de", "0x030000", True), ("0x8086", "0x030000", False), ("0x10de", "0x040300", False)],
)
def test_the_cpu_is_told_of_where_an_nvidia_gpu_is_in_the_computer(
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    vendor: str,
    kind: str,
    told: bool,
) -> None:
    if devices.find_driver() is not None:
        pytest.skip("there is a driver here")
    device = tmp_path / "bus" / "0000:01:00.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text(vendor + "\n")
    (device / "class").write_text(kind + "\n")
    monkeypatch.setattr(devices, "_PCI_DEVICES", tmp_path / "bus")
    devices.has_nvidia_gpu.cache_clear()
    try:
        result = shell.run("upscale", "photo.png", "-o", "b.png", "--model", "double", "--json")
        assert result.code == 0
        fallback = json.loads(result.out)["fallback"]
        assert fallback is None or fallback.startswith("Running on the CPU")
        assert result.err == (f"unfade: {fallback}\n" if told and fallback else "")
    finally:
        devices.has_nvidia_gpu.cache_clear()
