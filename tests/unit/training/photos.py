"""Small photograph-like pictures, tiny recipes, and perceptual weights, for training tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from unfade_training.config import Recipe, with_overrides

SHARED = Path(__file__).parents[4] / "shared" / "weights"
SQUEEZENET = SHARED / "squeezenet1_1_imagenet_fp16.safetensors"
LPIPS = SHARED / "lpips_squeeze.onnx"


def noise_photo(seed: int, height: int = 96, width: int = 112) -> Image.Image:
    """RGB with detail at several scales, so that every crop of it is different."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for step in (1, 4, 16):
        coarse = rng.random((height // step + 1, width // step + 1, 3))
        total += np.kron(coarse, np.ones((step, step, 1)))[:height, :width]
    return Image.fromarray((total / 3 * 255).astype(np.uint8))


def photo_folder(folder: Path, count: int = 6, height: int = 96, width: int = 112) -> Path:
    """``count`` PNG files in two groups, ``a`` and ``b``."""
    for number in range(count):
        path = folder / "ab"[number % 2] / f"photo{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise_photo(number, height, width).save(path)
    return folder


def with_perceptual_weights(recipe: Recipe) -> Recipe:
    """The recipe with files for its feature losses and the score it is judged by, where they are here."""
    local: dict[str, object] = {}
    if any("feature" in getattr(stage, "loss", {}) for stage in recipe.stage) and SQUEEZENET.exists():
        local["stage.loss.feature.weights"] = str(SQUEEZENET)
    if recipe.judge == "lpips" and LPIPS.exists():
        local["lpips"] = str(LPIPS)
    return with_overrides(recipe, local, recipe.name)


RECIPE = """
name = "tiny-x2"
title = "A tiny generator for tests"
task = "upscale"
seed = 3
precision = "32-true"
compile = false
training_data = "noise"

[network]
kind = "fast_unet"
scale = 2
channels = [8, 16]
encoder = [1, 1]
decoder = [1]

[degradation]
kind = "clean"
scale = 2

[data]
holdout = 2
min_side = 32
workers = 0

[[stage]]
kind = "generator"
steps = 12
batch = 4
patch = 16
lr = 1e-3
warmup = 2
validate_every = 6
"""

GAN_STAGES = """
[[stage]]
kind = "critic"
steps = 4
batch = 4
patch = 32
lr = 1e-3
validate_every = 2

[[stage]]
kind = "gan"
steps = 12
batch = 4
patch = 32
lr = 1e-3
objective = "relativistic"
clip = 1.0
ema = 0.9
critic_threshold = 0.6
longest_turn = 3
validate_every = 4

[critic]
kind = "critic"
width = 8
"""
"""Append to :data:`RECIPE`; the critic has dropout, so that a resume must draw the same."""

COLOUR_RECIPE = """
name = "tiny-colour"
title = "A tiny generator of chroma for tests"
task = "colorize"
seed = 3
judge = "delta_e"
precision = "32-true"
compile = false

[network]
kind = "lite_unet"
luma = true
extra_channels = 3
out_channels = 2
output_stride = 2
widths = [8, 8, 8, 8]

[degradation]
kind = "ageing"

[hints]
none_share = 0.3

[data]
holdout = 2
min_side = 32
workers = 0
colour_only = true
zoom = 1.2

[[stage]]
kind = "generator"
steps = 2
batch = 2
patch = 32
lr = 1e-3
freeze_encoder = true
loss = { chroma = 1.0 }
validate_every = 2

[[stage]]
kind = "generator"
steps = 4
batch = 2
patch = 32
lr = 1e-3
encoder_lr = 0.1
ema = 0.9
loss = { chroma = 1.0 }
validate_every = 2
"""
"""As ``colorize`` ships: an encoder that stands still at first, hints, zoom, photographs in colour only."""

MASK_RECIPE = (
    RECIPE.replace(
        'kind = "fast_unet"\nscale = 2\nchannels = [8, 16]\nencoder = [1, 1]\ndecoder = [1]',
        'kind = "deartifact_unets"\n'
        "compression = { unshuffle = 2, channels = [8, 16], encoder = [1, 1], decoder = [1] }\n"
        "marks = { deepest = 8, widths = [8, 8] }",
    )
    .replace(
        '[degradation]\nkind = "clean"\nscale = 2',
        '[[degradation]]\nkind = "clean"\n\n[[degradation]]\nkind = "watermark"',
    )
    .replace('name = "tiny-x2"', 'name = "tiny-mask"')
    .replace('task = "upscale"', 'task = "deartifact"')
)
"""A network that cleans and finds marks."""
