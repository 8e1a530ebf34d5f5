"""The lesson on cross connections: what is cut, and how masks are scored."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from unfade_training.lessons import unet_segmentation as lesson
from unfade_training.metrics import Pair
from unfade_training.networks import Norm

from .photos import photo_folder


def test_without_connections_the_same_weights_learn_and_the_skips_do_not_count() -> None:
    torch.manual_seed(0)
    whole = lesson.make_network(None).eval()
    torch.manual_seed(0)
    cut = lesson.without_connections(lesson.make_network(None)).eval()
    assert [p.shape for p in cut.parameters()] == [p.shape for p in whole.parameters()]
    torch.testing.assert_close(list(cut.parameters()), list(whole.parameters()))
    below, skips = torch.rand(1, 40, 4, 4), [torch.rand(1, 24, 8, 8) for _ in range(2)]
    block = lesson.DecoderBlock(40, 24, 16, norm=Norm.BATCH).eval()
    first, second = (block(below, skip) for skip in skips)
    assert not torch.allclose(first, second)
    first, second = (lesson.Cut(block)(below, skip) for skip in skips)
    assert torch.equal(first, second)
    picture = torch.rand(1, 3, 32, 32)
    assert whole(picture).shape == cut(picture).shape == (1, 1, 32, 32)


def test_overlap_is_that_of_the_books() -> None:
    found, wanted = torch.zeros(2, 4, 4, dtype=torch.bool)
    found[0], wanted[0, :2], wanted[1, :2] = True, True, True  # 4 pixels, 4 pixels, 2 of them alike
    assert lesson.overlap(found, wanted) == pytest.approx((2 / 6, 4 / 8))
    assert lesson.overlap(wanted, wanted) == (1, 1)
    assert lesson.overlap(~wanted, wanted) == (0, 0)


def test_pictures_without_a_mask_do_not_count() -> None:
    picture = torch.zeros(3, 8, 8, dtype=torch.uint8)
    marked = torch.zeros(1, 8, 8, dtype=torch.uint8)
    marked[0, :4] = 200
    pairs = [Pair("marked", picture, picture, marked), Pair("clean", picture, picture, marked * 0)]
    everything = torch.nn.Conv2d(3, 1, 1)
    torch.nn.init.ones_(everything.bias)
    assert lesson.score(everything, pairs) == pytest.approx((0.5, 2 / 3))


def test_the_command_trains_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, small in {"PATCH": 32, "BATCH": 2, "SIDE": 64, "VALIDATIONS": 1}.items():
        monkeypatch.setattr(lesson, name, small)
    photos = photo_folder(tmp_path / "photos")
    options = ["--data", str(photos), "-o", str(tmp_path / "run"), "--steps", "2"]
    shown = CliRunner().invoke(lesson.main, options)
    assert shown.exit_code == 0, shown.output
    assert "4 photographs to learn from, 2 held out" in shown.output
    for line in ("with     cross connections, watermark", "without  cross connections, damage"):
        assert line in shown.output
    with Image.open(tmp_path / "run" / "masks.webp") as sheet:
        assert sheet.size == (4 * 68 + 4, 4 * 68 + 4), "picture, truth and two masks of two pictures twice"
