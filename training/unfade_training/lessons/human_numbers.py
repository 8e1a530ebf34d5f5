"""A recurrent network by hand, in the six steps of fast.ai's 2019 lesson 7: ``python -m
unfade_training.lessons.human_numbers``.

The text is ``one, two, three, ... nine thousand nine hundred ninety nine``. Networks read it word by word and
say which word comes next: the numbers up to 8,000 are learnt, those above are the test. What carries over
from one word to the next is the *state*, a vector of 64 numbers; the networks differ in what they do with it.

Source: https://github.com/fastai/course-v3, ``nbs/dl1/lesson7-human-numbers.ipynb``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..files import make_folder
from ..schedules import one_cycle
from . import Lesson
from .showing import (
    LessonCommand,
    Panel,
    output_option,
    seed_option,
    threads_option,
    write_curves,
)

LESSON = Lesson(
    number=7,
    shows="A recurrent network by hand, from three words and no memory to a GRU",
    minutes=0.7,
    command="python -m unfade_training.lessons.human_numbers",
)

_BELOW_TWENTY = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
ONES = tuple(_BELOW_TWENTY.split())
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VOCABULARY = (",", *ONES, *TENS, "hundred", "thousand")
INDEX = {word: number for number, word in enumerate(VOCABULARY)}
LEARNT, LAST = 8000, 9999

STREAMS = 64  # places of the text that are read side by side, one batch
WIDTH = 64  # of the state
WEIGHT_DECAY = 0.01


def spelt(number: int) -> list[str]:
    """The words of a number from 1 to 9999, as Americans say it: without *and*."""
    words = []
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            words += [*spelt(number // size), name]
            number %= size
    if number >= 20:
        words.append(TENS[number // 10 - 2])
        number %= 10
    return [*words, ONES[number - 1]] if number else words


def text_of(first: int, last: int) -> Tensor:
    """``[words]``: the numbers from ``first`` to ``last`` with commas between, as places in VOCABULARY."""
    words = [word for number in range(first, last + 1) for word in (*spelt(number), ",")]
    return torch.tensor([INDEX[word] for word in words[:-1]])


def windows(text: Tensor, length: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The text in 64 streams, from their beginnings on: words ``[64, length]`` and those that come next.

    Word ``[i, 0]`` of a window follows word ``[i, -1]`` of the one before, so that a state can be carried on.
    """
    rows = (len(text) - 1) // STREAMS
    given, following = (text[at : at + rows * STREAMS].view(STREAMS, rows) for at in (0, 1))
    for start in range(0, rows - length + 1, length):
        yield given[:, start : start + length], following[:, start : start + length]


class ThreeWords(nn.Module):
    """Words ``[N, 3]`` -> logits of the fourth ``[N, words]``. Each word is added to what was made of those
    before, and the same layer goes on from there."""

    def __init__(self) -> None:
        super().__init__()
        self.word = nn.Embedding(len(VOCABULARY), WIDTH)
        self.next = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.BatchNorm1d(WIDTH)
        self.verdict = nn.Linear(WIDTH, len(VOCABULARY))

    def forward(self, words: Tensor) -> Tensor:
        state = self.norm(F.relu(self.next(self.word(words[:, 0]))))
        state = self.norm(F.relu(self.next(state + self.word(words[:, 1]))))
        state = self.norm(F.relu(self.next(state + self.word(words[:, 2]))))
        logits: Tensor = self.verdict(state)
        return logits


class Loop(ThreeWords):
    """The same written as a loop, which takes any number of words: a recurrent network."""

    def forward(self, words: Tensor) -> Tensor:
        state = torch.zeros(len(words), WIDTH)
        for word in words.T:
            state = self.norm(F.relu(self.next(state + self.word(word))))
        logits: Tensor = self.verdict(state)
        return logits


class EveryWord(ThreeWords):
    """Words ``[N, T]`` -> logits ``[N, T, words]``: says after each word which comes next, and so learns from
    each. It begins every window with nothing in mind."""

    def forward(self, words: Tensor) -> Tensor:
        return self.read(words, torch.zeros(len(words), WIDTH))[0]

    def read(self, words: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """(logits, the state after the last word)."""
        states = []
        for word in words.T:
            state = F.relu(self.next(state + self.word(word)))
            states.append(state)
        return self.verdicts(torch.stack(states, dim=1)), state

    def verdicts(self, states: Tensor) -> Tensor:
        """N T 64 -> N T words."""
        normed = self.norm(states.flatten(0, 1)).view_as(states)
        logits: Tensor = self.verdict(normed)
        return logits


class Remembering(EveryWord):
    """Goes on with the state of the window before. ``detach`` ends the gradient there, or it would reach back
    to the beginning of the text."""

    def __init__(self) -> None:
        super().__init__()
        self.state: Tensor | None = None

    def forget(self) -> None:
        """The next window is the beginning of a text."""
        self.state = None

    def forward(self, words: Tensor) -> Tensor:
        state = torch.zeros(len(words), WIDTH) if self.state is None else self.state
        logits, state = self.read(words, state)
        self.state = state.detach()
        return logits


class Library(Remembering):
    """The loop is PyTorch's, in one call: tanh for ReLU, and a layer of its own for what comes in."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: nn.RNNBase = nn.RNN(WIDTH, WIDTH, batch_first=True)

    def forward(self, words: Tensor) -> Tensor:
        states, state = self.cells(self.word(words), self.state)  # no state is one of zeros
        self.state = state.detach()
        return self.verdicts(states)


class Gated(Library):
    """Two layers of gated recurrent units (Cho et al. 2014, arXiv:1406.1078): each number of the state has a
    gate that says how much of it is kept, so that it can last over many words."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.GRU(WIDTH, WIDTH, num_layers=2, batch_first=True)


class Course(NamedTuple):
    """How a network is trained: the lesson's epochs and rates.

    Attributes:
        printed: the accuracy that the lesson printed.
        window: words that are read at once.
        rise: the share of the time in which the rate rises.
    """

    network: Callable[[], ThreeWords]
    printed: float
    window: int
    epochs: int
    rate: float
    rise: float = 0.3


COURSES = {
    "three words": Course(ThreeWords, 0.409, 3, 6, 1e-4),
    "loop": Course(Loop, 0.393, 3, 6, 1e-4),
    "every word": Course(EveryWord, 0.350, 20, 10, 1e-4, 0.1),
    "state kept": Course(Remembering, 0.443, 20, 20, 3e-3),
    "nn.RNN": Course(Library, 0.615, 20, 20, 3e-3),
    "GRU, 2 layers": Course(Gated, 0.807, 20, 10, 1e-2),
}


def train(network: ThreeWords, course: Course, text: Tensor, test: Tensor) -> list[float]:
    """One cycle of AdamW over the text, which is read from beginning to end in each epoch; the accuracies on
    the test after each."""
    optimizer = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.99), weight_decay=WEIGHT_DECAY)
    steps = course.epochs * sum(1 for _ in windows(text, course.window))
    done, found = 0, []
    for _ in range(course.epochs):
        network.train()
        for logits, wanted in _read(network, text, course.window):
            optimizer.param_groups[0]["lr"] = course.rate * one_cycle(done / steps, course.rise)
            optimizer.zero_grad()
            torch.autograd.backward(F.cross_entropy(logits.flatten(0, -2), wanted.flatten()))
            optimizer.step()
            done += 1
        found.append(accuracy(network, test, course.window))
    return found


@torch.no_grad()
def accuracy(network: ThreeWords, text: Tensor, window: int) -> float:
    """The share of next words that the network names rightly."""
    network.eval()
    right = [logits.argmax(-1) == wanted for logits, wanted in _read(network, text, window)]
    return float(torch.cat([each.flatten() for each in right]).float().mean())


def _read(network: ThreeWords, text: Tensor, window: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(logits, next words) of each window; those who give one verdict a window are asked for the last."""
    if isinstance(network, Remembering):
        network.forget()
    for words, following in windows(text, window):
        logits = network(words)
        yield logits, following if logits.dim() == 3 else following[:, -1]


@torch.no_grad()
def go_on(network: Remembering, words: list[str], count: int) -> list[str]:
    """What the network takes for the next ``count`` words."""
    network.eval()
    network.forget()
    given, said = torch.tensor([[INDEX[word] for word in words]]), []
    for _ in range(count):
        given = network(given)[:, -1:].argmax(-1)
        said.append(VOCABULARY[int(given)])
    return said


@click.command("human_numbers", cls=LessonCommand)
@output_option("runs/human_numbers")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the text, instead of the lesson's.")
@seed_option
@threads_option
def main(output: Path, epochs: int | None, seed: int, threads: int) -> None:
    """Train the lesson's six networks on numbers up to 8,000, and test them on those up to 9,999."""
    torch.set_num_threads(threads)
    make_folder(output)
    text, test = text_of(1, LEARNT), text_of(LEARNT + 1, LAST)
    click.echo(
        f"{len(text):,} words to learn from, {len(test):,} to be tested with, {len(VOCABULARY)} different"
    )
    curves = {}
    for name, course in COURSES.items():
        course = course._replace(epochs=epochs or course.epochs)
        torch.manual_seed(seed)
        network = course.network()
        began = time.process_time()
        found = train(network, course, text, test)
        took = time.process_time() - began
        curves[name] = (list(range(1, course.epochs + 1)), found)
        click.echo(
            f"{name:14} {found[-1]:.3f} right  (the lesson: {course.printed:.3f})  {took:.0f} CPU seconds"
        )
    assert isinstance(network, Remembering)
    begun = [*spelt(8998), ","]
    click.echo(f"{' '.join(begun)} ... {' '.join(go_on(network, begun, 18))}")
    write_curves([Panel("Right next words in the test", curves, "epoch")], output / "accuracy.webp")
    click.echo(output / "accuracy.webp")


if __name__ == "__main__":
    main(prog_name="python -m unfade_training.lessons.human_numbers")
