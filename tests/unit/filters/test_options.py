"""Options explain themselves and refuse nonsense."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from tests.models import colouring_model
from tests.unit.filters.pictures import engine, picture
from unfade.errors import UsageError
from unfade.filters import (
    ColorizeOptions,
    DeartifactOptions,
    UpscaleOptions,
    all_filters,
    find_filter,
    options_of,
)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"scale": 0}, "scale must be a number from 1 to 4, not 0."),
        ({"scale": -2.0}, "scale must be a number from 1 to 4, not -2."),
        ({"scale": 4.01}, "scale must be a number from 1 to 4, not 4.01."),
        ({"scale": math.nan}, "scale must be a number from 1 to 4, not nan."),
        ({"scale": "2"}, "scale must be a number from 1 to 4, not '2'."),
        ({"scale": True}, "scale must be a number from 1 to 4, not True."),
        ({"detail": 1.5}, "detail must be a number from 0 to 1, not 1.5."),
        ({"strength": -0.1}, "strength must be a number from 0 to 1, not -0.1."),
        ({"detail": 0.5, "model": "a"}, "leave one of the two out"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        UpscaleOptions(**values)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("scale", [1, 1.5, 2, 3, 4])
def test_scales_between_one_and_four(scale: float) -> None:
    assert UpscaleOptions(scale=scale).scale == scale


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (DeartifactOptions, {"strength": 1.5}, "strength must be a number from 0 to 1, not 1.5."),
        (ColorizeOptions, {"strength": -1}, "strength must be a number from 0 to 1, not -1."),
        (ColorizeOptions, {"saturation": 2.5}, "saturation must be a number from 0 to 2, not 2.5."),
    ],
)
def test_nonsense_is_refused_by_the_others_too(kind: type, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        kind(**values)
    assert sentence in str(caught.value)


def test_every_option_of_every_filter_is_explained() -> None:
    for filter in all_filters():
        options = options_of(filter.Options)
        assert [option.name for option in options] == [f.name for f in dataclasses.fields(filter.Options)]
        for option in options:
            assert option.help.endswith((".", "path."))
        filter.Options()  # all have defaults


@pytest.mark.parametrize("name", [filter.name for filter in all_filters()])
def test_every_filter_tells_before_its_network_that_it_has_begun(name: str, tmp_path: Path) -> None:
    """A first tile can take many seconds; until a number comes, nobody knows that anything is done."""
    told: list[tuple[int, int]] = []
    filter = find_filter(name)
    quick = {"model": str(colouring_model(tmp_path / "tint.onnx"))} if name == "colorize" else {}
    runner = filter.open(filter.Options(**quick), engine())
    runner.run(picture(24, 20, 3), progress=lambda done, total: told.append((done, total)))
    assert told and told[0][0] == 0 < told[0][1] and told[-1][0] == told[-1][1]
