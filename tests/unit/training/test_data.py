"""Photographs into a store, and patches out of it."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unfade_training.data import PatchDataset, PhotoStore, StepSampler, collate, photos
from unfade_training.data.photos import photo_weights
from unfade_training.degradations import Ageing, Clean, Watermark
from unfade_training.errors import TrainingError

from ..picture.samples import display_p3, rgb_profile
from .photos import noise_photo, photo_folder


def open_store(tmp_path: Path, **options: int) -> PhotoStore:
    return PhotoStore.open(
        [photo_folder(tmp_path / "photos")], tmp_path / "cache", **{"min_side": 32, **options}
    )


def test_the_store_holds_the_decoded_pixels(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert [p.name for p in store.photos] == sorted(p.name for p in store.photos)
    for photo in store.photos:
        with Image.open(tmp_path / "photos" / photo.name) as image:
            np.testing.assert_array_equal(store.pixels(photo), np.asarray(image))
    assert {p.group for p in store.photos} == {"a", "b"}


def test_the_cache_is_reused_until_a_file_changes(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    written = first.path.stat().st_mtime_ns
    again = PhotoStore.open([tmp_path / "photos"], tmp_path / "cache", min_side=32)
    assert again.path == first.path and again.path.stat().st_mtime_ns == written
    noise_photo(99).save(tmp_path / "photos" / "a" / "another.png")
    more = PhotoStore.open([tmp_path / "photos"], tmp_path / "cache", min_side=32)
    assert len(more.photos) == len(first.photos) + 1


def test_damaged_and_small_pictures_are_skipped_named_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = photo_folder(tmp_path / "photos")
    whole = (folder / "a" / "photo0.png").read_bytes()
    (folder / "a" / "torn.png").write_bytes(whole[: len(whole) // 2])
    (folder / "a" / "text.jpg").write_text("not a picture")
    noise_photo(1, 20, 200).save(folder / "b" / "strip.png")
    with caplog.at_level(logging.WARNING):
        store = PhotoStore.open([folder], tmp_path / "cache", min_side=32)
    assert sorted(store.skipped) == ["a/text.jpg", "a/torn.png", "b/strip.png"]
    assert len(store.photos) == 6
    for name in ("torn.png", "text.jpg", "strip.png", "3 of 9"):
        assert name in caplog.text


def test_scans_of_16_bits_and_other_profiles_are_learnt_as_they_look(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    gray = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(gray).save(tmp_path / "scans" / "gray16.png")
    flat = Image.new("RGB", (64, 64), (64, 128, 192))
    flat.save(tmp_path / "scans" / "phone.png", icc_profile=display_p3())
    flat.save(tmp_path / "scans" / "srgb.png", icc_profile=rgb_profile())
    flat.save(tmp_path / "scans" / "torn.png", icc_profile=b"rubbish")
    Image.fromarray(np.zeros((64, 64), np.float32)).save(tmp_path / "scans" / "float.tif")
    store = PhotoStore.open([tmp_path / "scans"], tmp_path / "cache", min_side=32)
    pixels = {photo.name: store.pixels(photo) for photo in store.photos}
    assert store.skipped == ["float.tif"]
    np.testing.assert_allclose(pixels["gray16.png"][..., 0], gray / 257, atol=0.51)
    assert np.ptp(pixels["gray16.png"], axis=2).max() == 0
    assert pixels["srgb.png"][5, 5].tolist() == pixels["torn.png"][5, 5].tolist() == [64, 128, 192]
    assert pixels["phone.png"][5, 5, 0] < 54, "less red than sRGB would have for these numbers"


def test_nothing_to_train_on_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not a folder"):
        PhotoStore.open([tmp_path / "nowhere"], tmp_path / "cache")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="No photographs in"):
        PhotoStore.open([tmp_path / "empty"], tmp_path / "cache")
    with pytest.raises(TrainingError, match="smaller than 500 pixels"):
        open_store(tmp_path, min_side=500)


def test_the_holdout_is_the_same_each_time_and_apart(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    training, held = store.split(2)
    assert len(held) == 2 and len(training) == 4
    assert not {p.name for p in training} & {p.name for p in held}
    assert store.split(2) == (training, held)
    with pytest.raises(TrainingError, match="too few to hold out 6"):
        store.split(6)


def test_few_photographs_are_not_all_held_out(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    assert [store.holdout(wanted) for wanted in (0, 1, 2, 16)] == [0, 1, 2, 2], "a third of six at most"


def test_the_word_examples_means_the_repositorys_photographs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.chdir(tmp_path)
    store = PhotoStore.open([Path("examples")], tmp_path / "cache", min_side=384)
    assert len(store.photos) == 24 and not store.skipped
    assert "take a few hundred sharp photographs of your own" in caplog.text
    monkeypatch.chdir(photos.EXAMPLES.parent)  # where a folder of that name holds what is never trained on
    assert len(PhotoStore.open([Path("examples")], tmp_path / "cache").photos) == 24
    monkeypatch.chdir(tmp_path)
    photo_folder(tmp_path / "examples", 3)
    assert len(PhotoStore.open([Path("examples")], tmp_path / "cache").photos) == 3, "one's own is meant"


def test_an_installation_without_photographs_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(photos, "PHOTOGRAPHS", tmp_path / "none")
    with pytest.raises(TrainingError, match="in Unfade's repository and not in the installed package"):
        PhotoStore.open([Path("examples")], tmp_path / "cache")


def test_weights_follow_area_and_group(tmp_path: Path) -> None:
    photos = open_store(tmp_path).photos
    weights = photo_weights(photos, {"a": 3.0}, 32)
    share = sum(w for w, p in zip(weights, photos, strict=True) if p.group == "a")
    assert share == pytest.approx(0.75)
    with pytest.raises(TrainingError, match="side of 200 pixels"):
        photo_weights(photos, {}, 200)


def dataset(tmp_path: Path, seed: int = 5) -> PatchDataset:
    store = open_store(tmp_path)
    return PatchDataset(store, store.photos, Clean(2), 16, seed)


def test_patch_i_is_a_pure_function_of_seed_and_i(tmp_path: Path) -> None:
    data = dataset(tmp_path)
    degraded, target, mask = data[7]
    assert (
        mask is None
        and degraded.shape == (3, 16, 16)
        and target.shape == (3, 32, 32)
        and target.dtype == torch.uint8
    )
    data[3]
    again = data[7]
    assert torch.equal(again.picture, degraded) and torch.equal(again.target, target)
    assert not torch.equal(dataset(tmp_path, seed=6)[7].target, target)


def test_the_input_is_the_bicubic_reduction_of_the_target(tmp_path: Path) -> None:
    degraded, target, _ = dataset(tmp_path)[0]
    whole = Image.fromarray(target.permute(1, 2, 0).numpy())
    expected = np.asarray(whole.resize((16, 16), Image.Resampling.BICUBIC)).transpose(2, 0, 1)
    # the margin makes the difference at the border, where the resize of the bare target has less to look at
    np.testing.assert_array_equal(degraded[:, 2:-2, 2:-2], expected[:, 2:-2, 2:-2])


def test_upright_patches_are_mirrored_and_never_turned(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    margin, patch = Ageing().margin, 32
    side = patch + 2 * margin  # there is only one such piece
    noise_photo(3, side, side).save(tmp_path / "one" / "square.png")
    store = PhotoStore.open([tmp_path / "one"], tmp_path / "cache", min_side=32)
    whole = store.pixels(store.photos[0])[margin:-margin, margin:-margin]
    mirrored = {np.ascontiguousarray(picture).tobytes() for picture in (whole, whole[:, ::-1])}
    for upright in (True, False):
        data = PatchDataset(store, store.photos, Ageing(), patch, 5, upright=upright)
        seen = {data[i].target.permute(1, 2, 0).numpy().tobytes() for i in range(64)}
        assert (seen == mirrored) if upright else (len(seen) == 8 and mirrored < seen)


def test_masks_travel_with_their_pictures(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    data = PatchDataset(store, store.photos, Watermark(clean_share=0.0, jpeg_share=0.0), 32, 5)
    pairs = [data[i] for i in range(3)]
    batch = collate(pairs)
    assert batch.mask is not None and batch.mask.shape == (3, 1, 32, 32) and batch.mask.dtype == torch.uint8
    changed = (batch.picture != batch.target).any(1, keepdim=True)
    assert changed.any() and not (changed & (batch.mask == 0)).any(), "what is not marked is not changed"
    halves = list(batch.to_unit(torch.device("cpu")).split(2))
    assert [half.pairs for half in halves] == [2, 1]
    assert halves[0].mask is not None and float(halves[0].mask.max()) <= 1
    torch.testing.assert_close(halves[1].target, pairs[2].target[None] / 255)


def test_processes_share_a_global_batch_and_resume_where_they_were() -> None:
    alone = list(StepSampler(0, 5, 8))
    shares = [list(StepSampler(0, 5, 8, rank, 2)) for rank in range(2)]
    assert [a + b for a, b in zip(*shares, strict=True)] == alone
    assert list(StepSampler(3, 5, 8)) == alone[3:]
    with pytest.raises(ValueError, match="cannot be shared"):
        StepSampler(0, 5, 7, 0, 2)


def test_a_zoom_cuts_larger_pieces_and_brings_them_down(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    near, far = (PatchDataset(store, store.photos, Clean(1), 24, 5, zoom=zoom) for zoom in (1.0, 3.0))
    patches = [data[index].target for data in (near, far) for index in range(24)]
    assert {tuple(patch.shape) for patch in patches} == {(3, 24, 24)}

    # Averaging over larger pieces takes the noise of single pixels away.
    def roughness(part: list[torch.Tensor]) -> float:
        return float(torch.stack([patch.float().diff(dim=2).abs().mean() for patch in part]).mean())

    assert roughness(patches[24:]) < 0.9 * roughness(patches[:24])
    assert torch.equal(far[3].target, patches[27])


def test_only_wanted_photographs_are_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    first = store.photos[0]
    kept = store.only(lambda pixels: np.array_equal(pixels, store.pixels(first)))
    assert kept.photos == [first] and len(kept.skipped) == len(store.photos) - 1 + len(store.skipped)
    assert not store.only(lambda _: False).photos
