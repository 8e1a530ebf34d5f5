"""Tiny checkpoints and cards for tests of the export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from unfade.models import ModelCard, Tensor, Tiling, Variant
from unfade_training.checkpoint import Checkpoint, save_checkpoint
from unfade_training.config import parse_recipe
from unfade_training.networks import build_network

from ..training.photos import RECIPE

RGB = Tensor("output", 3, (0.0, 1.0), "sRGB")


def save_tiny(path: Path, recipe: str = RECIPE, seed: int = 0) -> nn.Module:
    """A checkpoint of the recipe's network with random weights, and the network."""
    torch.manual_seed(seed)
    options = dict(parse_recipe(recipe, "tiny").network)
    network = build_network(str(options.pop("kind")), **options)
    state = {"scores": {"psnr_y": 31.5}}
    save_checkpoint(path, Checkpoint({"generator": network.state_dict()}, recipe, state))
    return network.eval()


def card_for(**fields: Any) -> ModelCard:
    """The card of a network that makes RGB out of RGB."""
    known: dict[str, Any] = {
        "name": "net",
        "title": "A network",
        "task": "deartifact",
        "scale": 1,
        "variant": Variant.FAITHFUL,
        "inputs": (Tensor("input", 3, (0.0, 1.0), "sRGB"),),
        "outputs": (RGB,),
        "size_multiple": 1,
        "halo": 0,
        "tiling": Tiling.EXACT,
    }
    return ModelCard(**{**known, **fields})
