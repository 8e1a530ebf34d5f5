"""``unfade upscale`` with pictures that work."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.unit.cli.conftest import Shell
from unfade.picture import Picture, read_picture, write_picture


def doubled(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return picture.pixels.repeat(2, 0).repeat(2, 1)


def test_one_file(shell: Shell, photo: Picture) -> None:
    result = shell.run_alone("upscale", "photo.png", "-o", "out.tif", "--model", "double")
    assert result.code == 0
    assert result.out.startswith("out.tif  40x30 -> 80x60  ")
    np.testing.assert_array_equal(read_picture(shell.folder / "out.tif").pixels, doubled(photo))


def test_sixteen_bits_and_alpha_go_through(shell: Shell) -> None:
    pixels = np.random.default_rng(0).integers(1, 65536, (10, 12, 4), dtype=np.uint16)
    pixels[..., 3] = 65535
    write_picture(Picture(pixels), shell.folder / "deep.png")
    assert shell.run("upscale", "deep.png", "-o", "out.png", "--model", "double").code == 0
    np.testing.assert_array_equal(
        read_picture(shell.folder / "out.png").pixels, pixels.repeat(2, 0).repeat(2, 1)
    )


def test_gray_stays_gray(shell: Shell) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (10, 12, 1), dtype=np.uint8)
    write_picture(Picture(pixels), shell.folder / "gray.png")
    assert shell.run("upscale", "gray.png", "-o", "out.png", "--model", "double").code == 0
    np.testing.assert_array_equal(
        read_picture(shell.folder / "out.png").pixels, pixels.repeat(2, 0).repeat(2, 1)
    )


def test_tiles_do_not_show(shell: Shell) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (150, 130, 3), dtype=np.uint8)
    write_picture(Picture(pixels), shell.folder / "noise.png")
    for tile in ("64", "2000"):
        result = shell.run("upscale", "noise.png", "-o", f"{tile}.png", "--tile", tile, "--model", "net")
        assert result.code == 0 and "tiles of" not in result.err
    small, large = (read_picture(shell.folder / f"{tile}.png").pixels.astype(int) for tile in (64, 2000))
    assert np.abs(small - large).max() <= 1


def test_a_tile_too_small_is_enlarged_and_told_once(shell: Shell, photo: Picture) -> None:
    write_picture(photo, shell.folder / "again.png")
    result = shell.run(
        "upscale", "photo.png", "again.png", "-o", "out", "--tile", "16", "--model", "net", "--json"
    )
    (line,) = (line for line in result.err.splitlines() if "tiles of" in line)
    assert line.startswith("unfade: Tiles of 16 pixels would be nearly all border for the model net")
    assert [json.loads(line)["error"] for line in result.out.splitlines()] == [None, None]


def test_folders_json_and_skipping(shell: Shell, photo: Picture) -> None:
    deep = shell.folder / "in" / "deep"
    deep.mkdir(parents=True)
    for path in (deep.parent / "a.png", deep / "a.png"):
        write_picture(photo, path)
    arguments = ["upscale", "in", "-o", "out", "--recursive", "--scale", "1.5", "--model", "double", "--json"]
    result = shell.run_alone(*arguments)
    assert result.code == 0
    assert result.err == ""
    records = [json.loads(line) for line in result.out.splitlines()]
    assert [record["output"] for record in records] == ["out/a.png", "out/deep/a.png"]
    assert all(record["output_size"] == [60, 45] and record["error"] is None for record in records)
    assert set(records[0]) == {
        "input", "output", "input_size", "output_size", "seconds", "engine_seconds", "megapixels_per_second",
        "model", "provider", "fallback", "chosen", "peak_memory_bytes", "pages", "warnings", "recipe",
        "skipped", "error",
    }  # fmt: skip

    (shell.folder / "out" / "a.png").unlink()
    again = shell.run(*arguments, "--skip-existing")
    assert again.code == 0
    assert [json.loads(line)["skipped"] for line in again.out.splitlines()] == [False, True]


def test_failures_are_in_the_json(shell: Shell) -> None:
    result = shell.run("upscale", "none.png", "-o", "out.png", "--model", "double", "--json")
    assert result.code == 1
    record = json.loads(result.out)
    assert (record["input"], record["output"]) == ("none.png", None)
    assert record["error"] in result.err


def test_a_trailing_slash_means_a_folder(shell: Shell, photo: Picture) -> None:
    assert shell.run("upscale", "photo.png", "-o", "new/", "--model", "double").code == 0
    np.testing.assert_array_equal(read_picture(shell.folder / "new" / "photo.png").pixels, doubled(photo))


@pytest.mark.usefixtures("photo")
def test_quality_changes_the_size_of_a_jpeg(shell: Shell) -> None:
    sizes = []
    for quality in ("20", "95"):
        result = shell.run("upscale", "photo.png", "-o", "out.jpg", "--quality", quality, "--model", "double")
        assert result.code == 0
        sizes.append((shell.folder / "out.jpg").stat().st_size)
    assert sizes[0] < sizes[1] / 2


@pytest.mark.usefixtures("photo")
def test_names_that_are_no_text(shell: Shell) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    try:
        (shell.folder / "photo.png").rename(shell.folder / name)
    except OSError:
        pytest.skip("this file system takes text only")
    result = shell.run_alone("upscale", name, "-o", "out", "--format", "png", "--model", "double")
    assert result.code == 0
    assert (shell.folder / "out").is_file()


@pytest.mark.usefixtures("photo")
def test_a_reader_that_leaves_early(shell: Shell) -> None:
    """``unfade ... | head -0`` ends without a complaint of Python's."""
    running = shell.start("upscale", "photo.png", "-o", "out.png", "--model", "double", "--json")
    assert running.stdout is not None
    running.stdout.close()
    running.stdout = None
    _, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


@pytest.mark.usefixtures("photo")
def test_both_ways_to_start_it_are_one(shell: Shell) -> None:
    script = Path(shell.command()[0]).parent / "unfade"
    done = subprocess.run(
        [script, "--version"], env=shell.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout == shell.run_alone("--version").out
