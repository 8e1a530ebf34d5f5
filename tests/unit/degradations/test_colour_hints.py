"""Sampling of colour hints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from unfade_training.degradations import ColourHints
from unfade_training.errors import TrainingError
from unfade_training.registry import from_table

ALWAYS = ColourHints(none_share=0, full_share=0)


@pytest.fixture(scope="module")
def ab() -> np.ndarray:
    return np.random.default_rng(0).uniform(-80, 80, (61, 47, 2)).astype(np.float32)


def test_hints_are_zero_outside_their_mask_and_seeded(ab: np.ndarray) -> None:
    for seed in range(20):
        hints = ALWAYS.sample(ab, np.random.default_rng(seed))
        assert hints.shape == (61, 47, 3) and hints.dtype == np.float32
        assert set(np.unique(hints[..., 2])) <= {0.0, 1.0}
        assert not hints[hints[..., 2] == 0].any()
        assert np.array_equal(hints, ALWAYS.sample(ab, np.random.default_rng(seed)))


@pytest.mark.parametrize("side", [1, 2, 5, 9])
def test_a_single_hint_is_the_mean_of_its_patch(ab: np.ndarray, side: int) -> None:
    hints = replace(ALWAYS, sizes=(side, side))
    singles = 0
    for seed in range(60):
        found = hints.sample(ab, np.random.default_rng(seed))
        rows, columns = np.nonzero(found[..., 2])
        if not len(rows):
            continue
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        if height * width != len(rows) or height > side or width > side:
            continue  # several hints
        patch = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
        np.testing.assert_allclose(
            found[patch][..., :2].reshape(-1, 2)[0], ab[patch].mean((0, 1)), rtol=1e-4, atol=1e-4
        )
        assert np.ptp(found[patch][..., :2].reshape(-1, 2), axis=0).max() == 0
        inside = rows.min() > 0 and columns.min() > 0 and rows.max() < 60 and columns.max() < 46
        assert not inside or (height, width) == (side, side)
        singles += 1
    assert singles >= 3


def test_the_number_of_hints_is_geometric(ab: np.ndarray) -> None:
    points = replace(ALWAYS, sizes=(1, 1), centred_share=0, probability=0.25)
    counts = [points.sample(ab, np.random.default_rng(seed))[..., 2].sum() for seed in range(800)]
    assert np.mean(counts) == pytest.approx(3.0, rel=0.12)
    assert np.mean(np.equal(counts, 0)) == pytest.approx(0.25, abs=0.05)


def test_shares_of_none_and_all(ab: np.ndarray) -> None:
    assert not replace(ALWAYS, none_share=1).sample(ab, np.random.default_rng(0)).any()
    full = replace(ALWAYS, full_share=1).sample(ab, np.random.default_rng(0))
    assert np.array_equal(full[..., :2], ab) and (full[..., 2] == 1).all()


def test_centred_hints_lie_nearer_to_the_middle(ab: np.ndarray) -> None:
    distances = []
    for share in (1.0, 0.0):
        hints = replace(ALWAYS, sizes=(1, 1), centred_share=share)
        masks = [hints.sample(ab, np.random.default_rng(seed))[..., 2] for seed in range(200)]
        rows, columns = np.nonzero(np.sum(masks, axis=0))
        distances.append(np.hypot(rows - 30, columns - 23).mean())
    assert distances[0] < distances[1]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"probabilty": 0.1}, "hints: there is no option 'probabilty': did you mean 'probability'?"),
        ({"probability": 0}, "probability must be above 0 and at most 1, not 0"),
        ({"sizes": [9, 1]}, "sizes must be a range [from, to] within 1 and 99, not [9, 1]"),
        ({"sizes": 3}, "sizes must be a list of 2 numbers, not 3"),
    ],
)
def test_senseless_options_are_one_sentence(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(TrainingError) as error:
        from_table(ColourHints, table, "hints")
    assert sentence in str(error.value)
