"""Files of several pages, and what is said of what was lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.models import cleaning_model, identity_model
from unfade.batch import Job, Record, plan, run
from unfade.errors import UsageError
from unfade.filters import DeartifactOptions, Runner, UpscaleOptions
from unfade.filters.deartifact import DEARTIFACT
from unfade.filters.upscale import UPSCALE
from unfade.inference import Device, Engine
from unfade.picture import page_count, read_picture

PAGES = [np.random.default_rng(i).integers(0, 256, (10 + i, 20, 3), dtype=np.uint8) for i in range(3)]


@pytest.fixture
def double(tmp_path: Path) -> Runner:
    path = identity_model(tmp_path / "models" / "double.onnx", 2)
    return UPSCALE.open(UpscaleOptions(model=str(path)), Engine(Device.CPU, threads=1))


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A scanned album: three pages of different sizes, with a name and a resolution each."""
    path = tmp_path / "album.tif"
    with tifffile.TiffWriter(path) as file:
        for number, page in enumerate(PAGES):
            file.write(
                page,
                photometric="rgb",
                description=f"page {number + 1}",
                resolution=(300 + number, 300 + number),
                resolutionunit="inch",
                metadata=None,
            )
    return path


def doubled(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels.repeat(2, axis=0).repeat(2, axis=1)


def test_all_pages_come_back_in_one_file(double: Runner, album: Path, tmp_path: Path) -> None:
    (record,) = run([Job(album, tmp_path / "out" / "b.tif", "tiff")], double, pages="all")
    assert record.error is None and record.warnings == () and record.pages == 3
    assert record.input_size == (20, 10)
    target = tmp_path / "out" / "b.tif"
    assert page_count(target) == 3
    for index, page in enumerate(PAGES):
        picture = read_picture(target, page=index)
        np.testing.assert_array_equal(picture.pixels, doubled(page))
        assert picture.metadata.dpi == (300 + index, 300 + index)
        assert picture.metadata.exif is not None and f"page {index + 1}".encode() in picture.metadata.exif
    with tifffile.TiffFile(target) as file:
        for found, page in zip(file.pages, PAGES, strict=True):
            np.testing.assert_array_equal(found.asarray(), doubled(page))
    with Image.open(target) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]


def test_one_page_by_its_number(double: Runner, album: Path, tmp_path: Path) -> None:
    (record,) = run([Job(album, tmp_path / "b.png", "png")], double, pages=2)
    assert record.warnings == ()
    np.testing.assert_array_equal(read_picture(tmp_path / "b.png").pixels, doubled(PAGES[1]))
    (record,) = run([Job(album, tmp_path / "c.png", "png")], double, pages=4)
    assert record.error is not None and "has no page 4; it has 3" in record.error


def test_all_pages_of_a_file_of_one(double: Runner, tmp_path: Path) -> None:
    Image.fromarray(PAGES[0]).save(tmp_path / "a.png")
    (record,) = run([Job(tmp_path / "a.png", tmp_path / "b.png", "png")], double, pages="all")
    assert record.error is None and record.pages is None


def test_all_pages_into_a_format_of_one_is_refused(double: Runner, album: Path, tmp_path: Path) -> None:
    (record,) = run([Job(album, tmp_path / "b.png", "png")], double, pages="all")
    assert record.error is not None and "a PNG file holds one page; write TIFF" in record.error
    assert not (tmp_path / "b.png").exists()


def test_the_first_page_alone_is_told(double: Runner, album: Path, tmp_path: Path) -> None:
    (record,) = run([Job(album, tmp_path / "b.jpg", "jpeg")], double)
    assert record.warnings == ("Only the first of its 3 pages is used.",)
    assert json.loads(record.to_json())["warnings"] == list(record.warnings)


def test_what_is_told_of_pages_names_them(tmp_path: Path) -> None:
    pages = [np.full((200, 240, 3), 120, np.uint8) for _ in range(6)]
    for number in (1, 4):  # what the test model takes for a watermark
        pages[number][90:110, 60:180] = (250, 20, 20)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in pages:
            file.write(page, photometric="rgb", metadata=None)
    options = DeartifactOptions(model=str(cleaning_model(tmp_path / "clean.onnx")), watermark=True)
    runner = DEARTIFACT.open(options, Engine(Device.CPU, threads=1))
    (record,) = run([Job(tmp_path / "a.tif", tmp_path / "b.tif", "tiff")], runner, pages="all")
    assert record.warnings == (
        "Pages 1, 3 to 4 and 6: No watermark was found; if there is one, paint over it.",
    )
    (record,) = run([Job(tmp_path / "a.tif", tmp_path / "c.tif", "tiff")], runner)
    assert record.warnings[-1].startswith("No watermark was found; ")


def test_what_the_written_format_loses_is_told(double: Runner, tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", PAGES[0].astype(np.uint16) * 257, photometric="rgb")
    (record,) = run([Job(tmp_path / "a.tif", tmp_path / "b.jpg", "jpeg")], double)
    assert record.warnings == ("16 bits a channel are rounded to 8.",)


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    Image.fromarray(PAGES[0]).save(tmp_path / "a.png")
    for output in (tmp_path / ("x" * 252 + ".png"), tmp_path / ("y" * 300)):
        with pytest.raises(UsageError, match="cannot be used: File name too long; choose another name"):
            plan([tmp_path / "a.png"], output, format="png")
    with pytest.raises(UsageError, match="File name too long"):
        plan([tmp_path / ("x" * 252 + ".png")], tmp_path / "b.png")


def test_a_mask_whose_name_is_too_long_fails_alone(double: Runner, tmp_path: Path) -> None:
    Image.fromarray(PAGES[0]).save(tmp_path / "a.png")
    target = tmp_path / ("x" * 251 + ".png")
    assert len(plan([tmp_path / "a.png"], target).jobs) == 1
    records: list[Record] = list(run([Job(tmp_path / "a.png", target, "png")], double, save_masks=True))
    assert records[0].error is not None and "did not foresee" not in records[0].error
