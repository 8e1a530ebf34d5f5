"""The first lesson: four networks for digits, their data, and their trainer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from unfade_training.errors import TrainingError
from unfade_training.lessons import mnist
from unfade_training.networks.blocks import MergeLayer

DIGITS = Path(__file__).parents[4] / "shared" / "data" / "mnist_t10k.npz"


def parameters(network: nn.Module) -> list[torch.Size]:
    return [parameter.shape for parameter in network.parameters()]


def test_refactoring_changes_nothing() -> None:
    """Plain and refactored: the same weights in the same order, and the same answers."""
    plain, refactored = mnist.plain(), mnist.refactored()
    assert parameters(plain) == parameters(refactored)
    weights = dict(zip(refactored.state_dict(), plain.state_dict().values(), strict=True))
    refactored.load_state_dict(weights)
    images = torch.rand(4, 1, 28, 28)
    torch.testing.assert_close(refactored(images), plain(images))


@pytest.mark.parametrize("name", mnist.NETWORKS)
def test_each_network_names_ten_digits(name: str) -> None:
    network = mnist.NETWORKS[name]()
    logits = network(torch.rand(2, 1, 28, 28))
    assert logits.shape == (2, 10)
    logits[:, 0].sum().backward()
    merges = [module.dense for module in network.modules() if isinstance(module, MergeLayer)]
    assert merges == {"residual": [False] * 4, "dense": [True] * 4}.get(name, [])


def test_digits_are_bent_a_little() -> None:
    images = torch.zeros(500, 1, 28, 28)
    images[:, 0, 13:15, 13:15] = 1  # a dot in the very middle: turning, growing and slanting leave it there
    bent = mnist.bent(images, torch.Generator().manual_seed(0))
    assert bent.shape == images.shape
    rows, columns = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
    mass = bent.sum((1, 2, 3))
    for place in (rows, columns):
        moved = (bent[:, 0] * place).sum((1, 2)) / mass - 13.5
        assert 1.5 < float(moved.abs().max()) < 3 and abs(float(moved.mean())) < 0.2
    assert float(mass.min()) > 2.5 and float(mass.max()) < 6, "a dot of 4 pixels, a fifth larger or smaller"


def test_what_is_held_out_is_not_learnt_from() -> None:
    digits = mnist.Digits(torch.arange(50.0).view(50, 1, 1, 1), torch.arange(50))
    known, held = digits.split(10)
    assert len(held) == 10 and sorted([*known.labels.tolist(), *held.labels.tolist()]) == list(range(50))
    assert torch.equal(held.images.flatten().long(), held.labels)
    assert torch.equal(digits.split(10)[1].labels, held.labels)


def test_digits_are_learnt() -> None:
    if not DIGITS.exists():
        pytest.skip(f"no digits at {DIGITS}")
    digits = mnist.load_digits(DIGITS)
    assert len(digits) == 10_000 and float(digits.images.max()) == 1
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = mnist.residual()
    known, held = digits.split(1000)
    mnist.train(network, mnist.Digits(known.images[:2000], known.labels[:2000]), epochs=2)
    found = mnist.accuracy(network, held)
    torch.set_num_threads(threads)
    assert found > 0.85


def test_what_is_no_file_of_digits_is_one_sentence(tmp_path: Path) -> None:
    good = {"images": np.zeros((3, 28, 28), np.uint8), "labels": np.arange(3)}
    path = tmp_path / "digits.npz"
    for change, sentence in (
        ({"labels": np.array([1, 2, 10])}, "holds no digits"),
        ({"images": np.zeros((3, 32, 32), np.uint8)}, "holds no digits"),
        ({"labels": np.arange(2)}, "holds no digits"),
    ):
        np.savez(path, **{**good, **change})
        with pytest.raises(TrainingError, match=sentence):
            mnist.load_digits(path)
    np.savez(path, pictures=good["images"])
    with pytest.raises(TrainingError, match="no arrays 'images' and 'labels'"):
        mnist.load_digits(path)
    for content in (b"no archive", b""):
        path.write_bytes(content)
        with pytest.raises(TrainingError, match="cannot be read"):
            mnist.load_digits(path)
    with pytest.raises(TrainingError, match="cannot be read"):
        mnist.load_digits(tmp_path / "none.npz")
    np.save(tmp_path / "one.npy", good["images"])
    with pytest.raises(TrainingError, match="cannot be read"):
        mnist.load_digits(tmp_path / "one.npy")


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", images=np.zeros((3, 28, 28), np.uint8), labels=np.arange(3))
    for options, sentence in ((["--network", "residul"], "did you mean 'residual'?"), ([], "has 3 digits")):
        shown = CliRunner().invoke(mnist.main, [str(tmp_path / "few.npz"), *options])
        assert shown.exit_code == 1 and sentence in shown.output
