"""Colour hints by hand: how they are read, what a network is shown of them, and how far they reach."""

from __future__ import annotations

import numpy as np
import pytest

from unfade.errors import UsageError
from unfade.filters import HINTS, Hint
from unfade.filters.hints import WITH_EMBEDDING, WITHOUT_EMBEDDING, at_hints, hint_planes, kernel_at
from unfade.inference import Extent


def test_chroma_comes_to_the_hints_and_stays_elsewhere() -> None:
    plain = np.stack([np.full((40, 60), -10, np.float32), np.full((40, 60), 20, np.float32)])
    light = np.full((40, 60), 0.3, np.float32)
    light[:, 30:] = 0.9
    hint = Hint(20.5, 20.5, "#c03020")
    result = at_hints(plain, plain, light, (hint,), Extent(80, 120))
    share = (result - plain)[:, 10, :30] / (np.float32(hint.chroma) - plain[:, 0, 0])[:, None]
    # normalised convolution: w / (w + doubt), here with a deviation of 0.37 * 60 pixels
    weight = np.exp(-((np.arange(30) - 10) ** 2) / (2 * 22.2**2))
    np.testing.assert_allclose(share, np.broadcast_to(weight / (weight + 0.2), share.shape), atol=1e-4)
    assert np.abs(result - plain)[..., 30:].max() < 0.05


def test_what_a_hint_changes_in_the_network_counts_where_it_reaches() -> None:
    plain = np.zeros((2, 40, 60), np.float32)
    hint = Hint(10, 40, "#c03020")
    hinted = np.broadcast_to(np.float32(hint.chroma)[:, None, None], plain.shape)
    light = np.full((40, 60), 0.3, np.float32)
    light[:, 20:40] = 0.9
    result = at_hints(plain, hinted, light, (hint,), Extent(80, 120))
    np.testing.assert_allclose(result[:, 20, :15], hinted[:, 20, :15], rtol=1e-3)
    assert np.abs(result[..., 20:40]).max() < 0.02  # of another lightness
    farther = np.abs(result[0, 20, 40:]) / hint.chroma[0]
    assert (np.diff(farther) < 0).all() and farther[-1] < 0.25


def test_a_hint_leaves_what_is_of_another_colour_without_it() -> None:
    """Of one lightness: what the network takes for grass stays grass beside a coat that is said to be red."""
    plain = np.zeros((2, 40, 60), np.float32)
    plain[0, :, 30:], plain[1, :, 30:] = -40, 30
    light = np.full((40, 60), 0.5, np.float32)
    hint = Hint(40, 40, "#c03020")
    hinted = plain + 10
    result = at_hints(plain, hinted, light, (hint,), Extent(80, 120))
    assert np.abs(result - plain)[..., 32:].max() < 0.5
    np.testing.assert_allclose(result[:, 20, 20], np.array(hint.chroma), atol=10)


def test_a_hint_leaves_what_is_of_another_kind_without_it() -> None:
    """A coat and a wall of one gray, which would be painted alike: the embedding tells them apart."""
    plain, light = np.zeros((2, 40, 60), np.float32), np.full((40, 60), 0.5, np.float32)
    embedding = np.zeros((3, 40, 60), np.float32)
    embedding[1, :, 30:] = 4
    hint = Hint(40, 40, "#c03020")
    hinted = np.broadcast_to(np.float32(hint.chroma)[:, None, None], plain.shape)
    result = at_hints(plain, hinted, light, (hint,), Extent(80, 120), embedding)
    assert np.abs(result)[..., 30:].max() < 0.2
    share = result[0, 20, :30] / hint.chroma[0]
    assert share.min() > 0.9, "all of the coat"
    # the same without it
    assert at_hints(plain, hinted, light, (hint,), Extent(80, 120))[0, 20, 35] > 0.5 * hint.chroma[0]


def test_the_embedding_is_told_in_standard_deviations() -> None:
    """What lies at 1 from a hint gets what the kernel's first deviation says of it."""
    plain, light = np.zeros((2, 1, 400), np.float32), np.full((1, 400), 0.5, np.float32)
    embedding = np.zeros((1, 1, 400), np.float32)
    embedding[..., 201:] = 1
    hint = Hint(401, 1, "#c03020")
    result = at_hints(plain, plain, light, (hint,), Extent(2, 800), embedding)
    weight = np.exp(-0.5)
    assert result[0, 0, 201] / hint.chroma[0] == pytest.approx(
        weight / (weight + WITH_EMBEDDING.damping), rel=1e-3
    )


def test_hints_that_agree_with_the_network_change_nothing() -> None:
    hint = Hint(10, 10, "#407030")
    plain = np.broadcast_to(np.float32(hint.chroma)[:, None, None], (2, 24, 24)).copy()
    light = np.linspace(0, 1, 24 * 24, dtype=np.float32).reshape(24, 24)
    np.testing.assert_allclose(at_hints(plain, plain, light, (hint,), Extent(48, 48)), plain, atol=1e-5)


def test_of_many_hints_each_reaches_less_far() -> None:
    """Together they look at no more pixels, however many they are."""
    features = np.zeros((3, 64, 96), np.float32)

    def pixels(count: int) -> int:
        places = [(32, 96 * n // count) for n in range(count)]
        return sum(kernel_at(place, features, WITHOUT_EMBEDDING, count)[1].size for place in places)

    assert pixels(4000) < 1.6 * pixels(400)
    assert kernel_at((9, 90), features, WITHOUT_EMBEDDING, 10)[1].shape == (64, 96)


@pytest.mark.parametrize("side", [1, 2])
def test_a_hint_on_something_small_colours_that_and_not_its_ground(side: int) -> None:
    plain = np.zeros((2, 40, 60), np.float32)
    light = np.full((40, 60), 0.7, np.float32)
    light[20 : 20 + side, 30 : 30 + side] = 0.2
    hint = Hint(61, 41, "#7a2010")
    a, b = at_hints(plain, plain, light, (hint,), Extent(80, 120))
    found = np.hypot(a, b) / np.hypot(*hint.chroma)
    assert (found[light < 0.5] > 0.8).all() and found[light > 0.5].max() < 0.02


def test_of_hints_at_one_place_the_last_counts() -> None:
    plain, light = np.zeros((2, 40, 60), np.float32), np.full((40, 60), 0.5, np.float32)
    red, blue = Hint(60, 40, "#ff0000"), Hint(60, 40, "#0000ff")
    both, last = (at_hints(plain, plain, light, hints, Extent(80, 120)) for hints in ((red, blue), (blue,)))
    np.testing.assert_array_equal(both, last)


def test_hint_planes_by_hand() -> None:
    red, blue = Hint(15.5, 7.5, "#ff0000"), Hint(40.0, 0.0, "#0000ff")
    planes = hint_planes((red, blue), Extent(16, 40), Extent(8, 20))
    assert planes[2].sum() == 5 * 5 + 3 * 3  # the second lies in the corner
    assert (planes[2, 1:6, 5:10] == 1).all() and (planes[2, :3, 17:] == 1).all()
    np.testing.assert_allclose(planes[:2, 3, 7], red.chroma)
    np.testing.assert_allclose(planes[:2, 0, 19], blue.chroma)
    np.testing.assert_allclose(red.chroma, (80.09, 67.20), atol=0.05)
    assert not planes[:2, planes[2] == 0].any()


def test_later_hints_lie_on_top() -> None:
    planes = hint_planes((Hint(5, 5, "#ff0000"), Hint(5, 5, "#00ff00")), Extent(10, 10), Extent(10, 10))
    np.testing.assert_allclose(planes[0, 5, 5], Hint(0, 0, "#00ff00").chroma[0])


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"x": 1}, "hints must be a list"),
        ([1], "Every hint must be"),
        ([{"x": 1, "y": 2}], "Every hint must be"),
        ([{"x": 1, "y": 2, "color": "#fff", "z": 0}], "Every hint must be"),
        ([{"x": 1, "y": 2, "color": "red"}], "color must be like"),
        ([{"x": 1, "y": 2, "color": 7}], "color must be like"),
        ([{"x": "1", "y": 2, "color": "#ffffff"}], "x must be a number of pixels, not '1'"),
        ([{"x": 1, "y": True, "color": "#ffffff"}], "y must be a number of pixels"),
    ],
)
def test_bad_hints_are_one_sentence(raw: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        HINTS.read(raw)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_hints_survive_json() -> None:
    hints = (Hint(1.5, 2, "#A0b1c2"),)
    assert HINTS.read(HINTS.write(hints)) == hints
