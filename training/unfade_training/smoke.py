"""The dry run: every stage of a recipe for a few steps, to see that all its parts fit."""

from __future__ import annotations

import logging
from pathlib import Path

from .build import build_generator, scale_of
from .config import GanConfig, Recipe, with_overrides
from .losses.backbones import ARCHITECTURES
from .networks import is_here

CLASSIFIERS = {"feature": "vgg16_bn", "style": "squeezenet"}  # of losses, where they name none

log = logging.getLogger(__name__)

STEPS = 3
TARGET_SIDE = 64  # the smallest picture that critics and perceptual losses take


def smoke_recipe(recipe: Recipe) -> Recipe:
    """The recipe with a few steps of tiny batches and patches in every stage.

    Weights to start from and teachers are left out where they are not there yet, and so are the perceptual
    score and losses whose classifier would have to be fetched first.
    """
    generator = build_generator(recipe)
    multiple = int(getattr(generator, "size_multiple", 1))
    patch = max(TARGET_SIDE // scale_of(generator), multiple) // multiple * multiple
    overrides: dict[str, object] = {
        "compile": False,
        "data.holdout": 2,
        "data.min_side": 32,
        "data.workers": 0,
        "stage.steps": STEPS,
        "stage.batch": 2,
        "stage.patch": patch,
        "stage.validate_every": STEPS,
    }
    for number, config in enumerate(recipe.stage, 1):
        if isinstance(config, GanConfig):
            overrides[f"stage.{number}.critic_steps"] = 1  # so that both sides get a turn
        loss = getattr(config, "loss", {})
        if absent := [name for name, options in loss.items() if not _classifier_is_here(name, options)]:
            log.info("the smoke run does without the loss %s: its classifier would be fetched", *absent)
            rest = {name: options for name, options in loss.items() if name not in absent}
            overrides[f"stage.{number}.loss"] = rest or {"l1": 1.0}
        teacher = getattr(config, "teacher", "")
        if teacher and not Path(teacher).exists():
            log.info("the smoke run learns from photographs: the teacher %s is not there", teacher)
            overrides[f"stage.{number}.teacher"] = ""
    if absent := [str(path) for path in recipe.initial_weights.values() if not path.exists()]:
        log.info("the smoke run starts without %s, which is not there", " and ".join(absent))
        overrides["init"] = ""
    if not recipe.lpips:
        overrides["judge"] = "delta_e" if recipe.task == "colorize" else "psnr_y"
    return with_overrides(recipe, overrides, f"{recipe.name}, smoke run")


def _classifier_is_here(name: str, options: object) -> bool:
    """False of losses that look through a classifier which was never fetched, and name no file of it."""
    if name not in CLASSIFIERS:
        return True
    named = options if isinstance(options, dict) else {}
    known = ARCHITECTURES.get(str(named.get("backbone", CLASSIFIERS[name])))
    return known is None or bool(named.get("weights")) or is_here(known.published)
