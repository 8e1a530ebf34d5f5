"""What holds for every degradation: sizes, types, seeding, alignment, and that each option does something."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pytest
from PIL import Image

from unfade_training.degradations import DEGRADATIONS, Ageing, Degradation, Watermark, build_degradation
from unfade_training.degradations.marks import font_files

CASES = [
    ("clean", 1),
    ("clean", 2),
    ("clean", 3),
    ("crappify", 1),
    ("crappify", 2),
    ("web-simple", 1),
    ("web-simple", 2),
    ("web-simple", 4),
    ("web", 1),
    ("web", 2),
    ("web", 4),
    ("compression", 1),
    ("watermark", 1),
    ("ageing", 1),
    ("noise", 1),
    ("damage", 1),
    ("fade", 1),
]
MASKED = ("watermark", "damage")
OWN_TARGET = ("compression", "noise", "fade")  # gray where the input is


def cut(photo: np.ndarray, degradation: Degradation, height: int, width: int) -> np.ndarray:
    """A crop for an input patch of that size."""
    s, m = degradation.scale, degradation.margin
    return photo[: height * s + 2 * m, : width * s + 2 * m]


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (17, 21)])
@pytest.mark.parametrize(("kind", "scale"), CASES)
def test_shapes_types_and_target(photo: np.ndarray, kind: str, scale: int, size: tuple[int, int]) -> None:
    degradation = build_degradation({"kind": kind}, scale)
    assert degradation.scale == scale
    assert degradation.margin % scale == 0
    crop, m = cut(photo, degradation, *size), degradation.margin
    for seed in range(8):
        made = degradation.apply(crop, np.random.default_rng(seed))
        assert made.picture.shape == (*size, 1 if kind == "ageing" else 3)
        assert made.picture.dtype == made.target.dtype == np.uint8
        assert made.picture.flags.writeable
        middle = crop[m : crop.shape[0] - m, m : crop.shape[1] - m]
        gray = np.repeat(np.asarray(Image.fromarray(middle).convert("L"))[..., None], 3, axis=2)
        if kind == "damage":  # grain, paper and tone belong to the photograph
            assert np.abs(made.target.astype(float) - middle).mean() < 60
        else:
            assert np.array_equal(made.target, middle) or (
                kind in OWN_TARGET and np.array_equal(made.target, gray)
            )
        assert (made.mask is not None) == degradation.masks == (kind in MASKED)
        if made.mask is not None:
            assert made.mask.shape == size and made.mask.dtype == np.float32
            assert made.mask.min() >= 0 and made.mask.max() <= 1


@pytest.mark.parametrize(("kind", "scale"), CASES)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    photo: np.ndarray, kind: str, scale: int
) -> None:
    degradation = build_degradation({"kind": kind}, scale)
    crop = cut(photo, degradation, 40, 40)
    before = crop.copy()
    made = [[degradation.apply(crop, np.random.default_rng(seed)) for seed in range(6)] for _ in range(2)]
    for a, b in zip(*made, strict=True):
        assert np.array_equal(a.picture, b.picture)
        assert a.mask is None or np.array_equal(a.mask, b.mask)
    assert np.array_equal(crop, before)
    if kind != "clean":
        assert len({m.picture.tobytes() for m in made[0]}) > 3
    assert np.array_equal(degradation(crop, np.random.default_rng(0)), made[0][0].picture)


@pytest.mark.parametrize(("kind", "scale"), CASES)
def test_float_crops_are_taken_as_8_bits(photo: np.ndarray, kind: str, scale: int) -> None:
    degradation = build_degradation({"kind": kind}, scale)
    crop = cut(photo, degradation, 24, 24)
    exact = degradation.apply(crop, np.random.default_rng(3))
    made = degradation.apply(crop.astype(np.float32) / 255, np.random.default_rng(3))
    assert np.array_equal(made.picture, exact.picture) and np.array_equal(made.target, exact.target)


@pytest.mark.parametrize(("kind", "scale"), [c for c in CASES if c[0] not in ("ageing", "fade")])
def test_the_input_lies_exactly_on_its_target(photo: np.ndarray, kind: str, scale: int) -> None:
    """A shift by one input pixel in any direction fits worse, on average, whatever grid the codec had."""
    degradation = build_degradation({"kind": kind}, scale)
    crop = cut(photo, degradation, 64, 64)
    errors = np.zeros((3, 3))
    for seed in range(12):
        made = degradation.apply(crop, np.random.default_rng(seed))
        small = np.asarray(Image.fromarray(made.target).resize((64, 64), Image.Resampling.BOX), np.float64)
        for y in range(3):
            for x in range(3):
                moved = made.picture[y : y + 62, x : x + 62].astype(np.float64)
                errors[y, x] += np.mean((moved - small[1:63, 1:63]) ** 2)
    assert errors.argmin() == 4
    # and half a pixel off would show as a lean to one side
    assert abs(errors[1, 0] - errors[1, 2]) < 0.2 * errors[1, [0, 2]].mean()
    assert abs(errors[0, 1] - errors[2, 1]) < 0.2 * errors[[0, 2], 1].mean()


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_a_crop_that_does_not_fit_is_refused(photo: np.ndarray, kind: str) -> None:
    degradation = build_degradation(
        {"kind": kind}, 2 if kind in ("clean", "crappify", "web", "web-simple") else 1
    )
    m = degradation.margin
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="does not fit"):
        degradation.apply(photo[: 2 * m, : 2 * m + 2], rng)
    with pytest.raises(ValueError, match="HWC RGB"):
        degradation.apply(photo[..., 0], rng)
    if degradation.scale == 2:
        with pytest.raises(ValueError, match="does not fit"):
            degradation.apply(photo[: 2 * m + 33, : 2 * m + 32], rng)


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_data_workers_can_be_sent_a_degradation(kind: str) -> None:
    degradation = build_degradation({"kind": kind})
    assert pickle.loads(pickle.dumps(degradation)) == degradation


def other(value: object) -> object:
    """A value of the same kind that should make a difference."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, Mapping):
        least = min(value, key=lambda name: value[name])
        if least in ("lanczos", "area", "bicubic", "bilinear"):
            return {"lanczos": 1.0}
        return {"green": 1.0} if "green" in value else {"4:2:2": 1.0} if ":" in least else {least: 1.0}
    if isinstance(value, tuple):
        low, high = value
        return (low, low) if low != high else (low, high + 1)
    if isinstance(value, int):
        return 2 * value
    return 0.0 if value == 1 else 1.0


# Options whose effect only shows where something else is on.
SETTING: dict[str, dict[str, object]] = {
    "first": {"first_round_share": 1.0},
    "blur": {"blur_share": 1.0, "first_round_share": 0.0},
    "slanted": {"blur_share": 1.0},
    "sharpen": {"blur_share": 0.0, "sharpen_share": 0.5},
    "noise": {"noise_share": 0.5},
    "shot": {"noise_share": 1.0},
    "gray_noise": {"noise_share": 1.0},
    "webp": {"webp_share": 0.5, "gray_share": 0.0},
    "shifted": {"double_share": 1.0},
    "second": {"double_share": 1.0},
    "scale": {},
    "grain_size": {"kinds": {"film": 1.0}},
    "film": {"kinds": {"film": 1.0}},
    "scanner": {"kinds": {"scanner": 1.0}},
    "gaussian_jpeg": {"kinds": {"gaussian": 1.0}, "gaussian_jpeg_share": 0.5},
    "translucent": {"kinds": {"foxing": 1.0}},
    "beneath": {"beneath": {"scratch": 1.0, "dust": 2.0}},
}
OPTIONS = [(kind, option.name) for kind, cls in DEGRADATIONS.items() for option in fields(cls)]


@pytest.mark.parametrize(("kind", "option"), [o for o in OPTIONS if o[1] not in ("fonts", "shapes")])
def test_every_option_does_something(photo: np.ndarray, kind: str, option: str) -> None:
    base = DEGRADATIONS[kind]()
    known = {f.name for f in fields(base)}
    for prefix, setting in SETTING.items():
        if option.startswith(prefix):
            base = replace(base, **{k: v for k, v in setting.items() if k in known})
    if kind == "ageing" and option != "clean_share":
        base = replace(base, clean_share=0.0)
        of = {"grain_size": "grain", "scratches": "scratch", "quality": "jpeg", "blur_sigma": "blur"}.get(
            option, option
        )
        if f"{of}_share" in known and f"{of}_share" != option:
            base = replace(base, **{f"{of}_share": 1.0})
    if kind == "clean" and option == "kernels":
        base = replace(base, scale=2)
    changed = replace(base, **{option: other(getattr(base, option))})
    if option == "scale":
        assert changed.scale == 2 * base.scale
        return
    seeds = range(12)

    def results(degradation: Degradation) -> list[bytes]:
        crop = cut(photo, degradation, 48, 48)
        return [degradation.apply(crop, np.random.default_rng(s)).picture.tobytes() for s in seeds]

    assert results(base) != results(changed)


@pytest.mark.skipif(not font_files(), reason="this system has no fonts besides Pillow's own")
def test_a_folder_of_fonts_replaces_the_systems(photo: np.ndarray, tmp_path: object) -> None:
    own = replace(Watermark(), fonts=str(tmp_path))
    crop = cut(photo, own, 64, 64)
    pictures = [
        [d.apply(crop, np.random.default_rng(s)).picture.tobytes() for s in range(12)]
        for d in (Watermark(), own)
    ]
    assert pictures[0] != pictures[1]


def test_ageing_is_gray_and_clean_pictures_are_their_luma(photo: np.ndarray) -> None:
    degradation = Ageing(clean_share=1)
    made = degradation.apply(cut(photo, degradation, 50, 50), np.random.default_rng(0))
    assert np.array_equal(made.picture[..., 0], np.asarray(Image.fromarray(made.target).convert("L")))
