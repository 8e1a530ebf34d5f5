"""The lesson on recurrent networks: its text, and what each network has that the one before had not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from unfade_training.lessons import human_numbers as lesson


def test_numbers_are_spelt_as_in_the_lesson() -> None:
    spelt = {7: "seven", 20: "twenty", 42: "forty two", 100: "one hundred", 8013: "eight thousand thirteen"}
    spelt[9999] = "nine thousand nine hundred ninety nine"
    assert {number: " ".join(lesson.spelt(number)) for number in spelt} == spelt
    assert len({tuple(lesson.spelt(number)) for number in range(1, 10_000)}) == 9999
    test = lesson.text_of(lesson.LEARNT + 1, lesson.LAST)
    assert len(test) == 13_017 - 1, "the lesson's, which begins with a mark"


def test_windows_go_on_where_the_last_ended() -> None:
    text = torch.arange(64 * 25 + 1)
    given, following = zip(*lesson.windows(text, 10), strict=True)
    assert [tuple(words.shape) for words in given] == [(64, 10), (64, 10)]
    rows = torch.cat(given, dim=1)
    assert torch.equal(rows[:, 1:], rows[:, :-1] + 1)
    assert torch.equal(rows[:, 0], torch.arange(64) * 25), "each stream has a 64th of the text"
    assert torch.equal(torch.cat(following, dim=1), rows + 1)


def test_a_loop_over_three_words_is_the_same_as_three_lines() -> None:
    written, loop = lesson.ThreeWords().eval(), lesson.Loop().eval()
    loop.load_state_dict(written.state_dict())
    words = torch.randint(len(lesson.VOCABULARY), (5, 3))
    torch.testing.assert_close(loop(words), written(words))


@pytest.mark.parametrize("name", ["state kept", "nn.RNN", "GRU, 2 layers"])
def test_a_kept_state_reads_two_windows_as_one(name: str) -> None:
    network = lesson.COURSES[name].network().eval()
    assert isinstance(network, lesson.Remembering)
    words = torch.randint(len(lesson.VOCABULARY), (4, 12))
    whole = network(words)
    assert whole.shape == (4, 12, len(lesson.VOCABULARY))
    network.forget()
    halves = torch.cat([network(words[:, :5]), network(words[:, 5:])], dim=1)
    torch.testing.assert_close(halves, whole)
    network.forget()
    again = torch.cat([network(words[:, :5]), (network.forget(), network(words[:, 5:]))[1]], dim=1)
    assert not torch.allclose(again[:, 5], whole[:, 5]), "it would have forgotten"


def test_every_word_begins_each_window_anew() -> None:
    network = lesson.EveryWord().eval()
    words = torch.randint(len(lesson.VOCABULARY), (4, 6))
    assert torch.equal(network(words), network(words))
    torch.testing.assert_close(network(words)[:, :3], network(words[:, :3])), "it does not look ahead"


def test_six_networks_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson, "LEARNT", 900)
    monkeypatch.setattr(lesson, "LAST", 1500)
    shown = CliRunner().invoke(lesson.main, ["-o", str(tmp_path / "run"), "--epochs", "1"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.count("(the lesson: 0.") == len(lesson.COURSES) == 6
    assert (tmp_path / "run" / "accuracy.webp").stat().st_size > 2000
