"""From recipe tables to degradations and mixtures; the contact sheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfade_training.degradations import (
    Ageing,
    Compression,
    Mixture,
    SimpleWeb,
    Watermark,
    Web,
    build_degradation,
)
from unfade_training.degradations.__main__ import contact_sheet, main, photo_files
from unfade_training.degradations.base import pick
from unfade_training.errors import TrainingError
from unfade_training.registry import from_table


def test_a_table_becomes_its_degradation() -> None:
    built = build_degradation({"kind": "web-simple", "quality": [20, 40], "kernels": {"area": 1}}, scale=4)
    assert built == SimpleWeb(4, {"area": 1.0}, (20, 40))
    assert build_degradation({"kind": "web", "scale": 3}) == Web(3)
    assert build_degradation([{"kind": "compression", "gray_share": 1}]) == Compression(gray_share=1.0)


def test_a_mixture_draws_by_share_and_has_the_largest_margin(photo: np.ndarray) -> None:
    mixed = build_degradation(
        [
            {"kind": "clean", "share": 1},
            {"kind": "compression", "share": 2, "quality": [5, 5]},
            {"kind": "watermark", "share": 1, "clean_share": 0, "jpeg_share": 0},
        ]
    )
    assert isinstance(mixed, Mixture)
    assert mixed.masks and mixed.scale == 1 and mixed.margin == 16
    clean = marked = 0
    crop = photo[:96, :96]
    for seed in range(200):
        made = mixed.apply(crop, np.random.default_rng(seed))
        assert made.mask is not None and made.mask.shape == (64, 64)
        assert made.picture.shape == (64, 64, 3)
        assert np.array_equal(made.target, crop[16:-16, 16:-16]) or made.target.std(2).max() == 0
        clean += np.array_equal(made.picture, made.target)
        marked += bool(made.mask.any())
    assert 30 <= clean <= 75  # some marks miss the patch's opaque parts
    assert 30 <= marked <= 70


@pytest.mark.parametrize(
    ("tables", "scale", "sentence"),
    [
        ([], None, "degradation: name at least one degradation of clean, "),
        ({}, None, "degradation: there is no kind ''; there are "),
        ({"kind": "watermrk"}, None, "there is no kind 'watermrk': did you mean 'watermark'?"),
        (
            {"kind": "web", "qualty": [1, 2]},
            2,
            "degradation (web): there is no option 'qualty': did you mean 'quality'?",
        ),
        (
            {"kind": "web", "quality": [80, 30]},
            2,
            "quality must be a range [from, to] within 1 and 100, not [80, 30]",
        ),
        ({"kind": "web", "quality": [1, 2, 3]}, 2, "quality must be a list of 2 numbers, not [1, 2, 3]"),
        ({"kind": "web", "quality": [30.5, 80]}, 2, "quality must be a whole number, not 30.5"),
        ({"kind": "web", "blur_share": "often"}, 2, "blur_share must be a number, not 'often'"),
        ({"kind": "web", "blur_share": 2}, 2, "blur_share must be between 0 and 1, not 2"),
        (
            {"kind": "web", "kernels": {"bicubik": 1}},
            2,
            "kernels knows no 'bicubik': did you mean 'bicubic'?",
        ),
        ({"kind": "web", "kernels": {"bicubic": 0}}, 2, "shares of 0 or more that do not sum to 0"),
        ({"kind": "web", "kernels": "bicubic"}, 2, "kernels must be a table, not 'bicubic'"),
        ({"kind": "web", "scale": 0}, None, "scale must be between 1 and 8, not 0"),
        ({"kind": "crappify", "shrink": 3}, 2, "shrink must be a multiple of the scale 2, not 3"),
        ({"kind": "clean", "share": -1}, None, "share must be a number above 0, not -1"),
        ({"kind": "compression"}, 2, "Compression makes pictures at 1/1 of the target where 1/2 is wanted"),
        ([{"kind": "web"}, {"kind": "clean", "scale": 4}], 2, "Clean makes pictures at 1/4"),
        ([{"kind": "ageing"}, {"kind": "clean"}], 1, "ageing makes gray pictures and cannot be mixed"),
    ],
)
def test_a_senseless_table_is_one_sentence(tables: object, scale: int | None, sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        build_degradation(tables, scale)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_in_a_mixture_the_part_with_the_mistake_is_named() -> None:
    with pytest.raises(TrainingError, match=r"degradation 2 \(watermark\): there is no option 'opacities'"):
        build_degradation([{"kind": "clean"}, {"kind": "watermark", "opacities": [0, 1]}])


@dataclass(frozen=True)
class Options:
    side: int
    name: str = ""
    flags: tuple[str, ...] = ()
    limit: float | None = None
    anything: object = None
    either: Mapping[str, float] | tuple[int, ...] = ()
    tables: Mapping[str, object] | tuple[Mapping[str, object], ...] = ()
    on: bool = False


def test_tables_become_typed_options() -> None:
    assert from_table(
        Options, {"side": 3, "flags": ["a"], "limit": 2, "anything": True, "on": True}, "t"
    ) == Options(3, "", ("a",), 2.0, True, on=True)
    assert from_table(Options, {"side": 1, "either": [1, 2]}, "t").either == (1, 2)
    assert from_table(Options, {"side": 1, "either": {"a": 1}}, "t").either == {"a": 1.0}
    assert from_table(Options, {"side": 1, "tables": [{"a": True}]}, "t").tables == ({"a": True},)
    for table, sentence in (
        ({}, "t: the option 'side' is missing."),
        ({"side": True}, "t: side must be a whole number, not True."),
        ({"side": 1.5}, "t: side must be a whole number, not 1.5."),
        ({"side": 1, "on": 1}, "t: on must be true or false, not 1."),
        ({"side": 1, "flags": "a"}, "t: flags must be a list of any number of texts, not 'a'."),
        ({"side": 1, "either": 3}, "t: either must be a table, not 3."),
    ):
        with pytest.raises(TrainingError) as error:
            from_table(Options, table, "t")
        assert str(error.value) == sentence


def test_pick_follows_the_shares() -> None:
    rng = np.random.default_rng(0)
    drawn = [pick(rng, {"a": 1, "b": 3, "c": 0}) for _ in range(2000)]
    assert drawn.count("b") / 2000 == pytest.approx(0.75, abs=0.03)
    assert "c" not in drawn


def test_the_contact_sheet_shows_all_rows_at_their_own_size(photo: np.ndarray, tmp_path: Path) -> None:
    for i in range(2):
        Image.fromarray(photo).save(tmp_path / f"{i}.png")
    sheet = contact_sheet(photo_files(tmp_path), 2, 48)
    assert sheet.width == 2 * 52 + 4
    rows = sheet.height // (48 + 18 + 4)
    assert rows >= 16 and sheet.height == rows * 70
    first = np.asarray(sheet)[18 : 18 + 48, 4 : 4 + 48]
    assert np.array_equal(first, photo[186:234, 186:234])  # the original, at 100 %


def test_the_sheets_command_writes_a_picture_or_says_why_not(photo: np.ndarray, tmp_path: Path) -> None:
    Image.fromarray(photo).save(tmp_path / "a.png")
    write_sheet = main.callback
    write_sheet(tmp_path, tmp_path / "sheet.jpg", 1, 32, 0, "web")
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.height == 4 * (32 + 22)
    (tmp_path / "empty").mkdir()
    for folder, output, only, sentence in (
        (tmp_path / "empty", "s.png", "", "There are no pictures in"),
        (tmp_path, "s.nothing", "clean", "s.nothing cannot be written"),
        (tmp_path, "s.png", "waterworks", "No row of the sheet is called 'waterworks'"),
    ):
        with pytest.raises(SystemExit, match=sentence):
            write_sheet(folder, tmp_path / output, 1, 32, 0, only)
    (tmp_path / "a.png").write_bytes(b"broken")
    (tmp_path / "sheet.jpg").unlink()
    with pytest.raises(SystemExit, match="cannot be read as a picture"):
        write_sheet(tmp_path, tmp_path / "s.png", 1, 32, 0, "")


def test_masks_of_all_kinds() -> None:
    assert Watermark().masks and not Ageing().masks and not build_degradation({"kind": "clean"}).masks
