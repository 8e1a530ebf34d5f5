"""Pictures and tiny models that the suites inside the editors work with; the names are theirs, too."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tests.models import Network, colouring_model, identity_model, save_network

ROOT = Path(__file__).resolve().parents[2]


def write_fixtures(folder: Path) -> None:
    """Models: identity-x1, half-x1 (all colours halved) for De-artifact, identity-x2 (nearest neighbour) for
    Upscale, tint for Colorize. Pictures: photo.png, 340 x 240 pixels, and gray.png, the same in gray.
    """
    identity_model(folder / "identity-x1.onnx", 1, task="deartifact")
    network = Network()
    half = network.scaled(network.input, 0.5)
    save_network(folder / "half-x1.onnx", network, half, task="deartifact")
    identity_model(folder / "identity-x2.onnx", 2)
    colouring_model(folder / "tint.onnx")
    with Image.open(ROOT / "examples" / "shepherd.webp") as photo:
        part = photo.convert("RGB").crop((80, 0, 420, 240))
    part.save(folder / "photo.png")
    part.convert("L").save(folder / "gray.png")
