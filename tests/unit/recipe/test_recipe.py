"""Recipe files: what is written is read again, and what is no recipe is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unfade.errors import OutputError, UsageError
from unfade.filters import (
    ColorizeOptions,
    DeartifactOptions,
    Hint,
    Recipe,
    Step,
    Stroke,
    UpscaleOptions,
    all_filters,
    read_recipe,
    write_recipe,
)
from unfade.filters.colorize import COLORIZE
from unfade.filters.deartifact import DEARTIFACT
from unfade.filters.upscale import UPSCALE

ALL = Recipe(
    (
        Step(
            DEARTIFACT,
            DeartifactOptions(strength=0.8, strokes=(Stroke("add", 4.0, ((1.5, 2.5), (7.0, 8.0))),)),
        ),
        Step(COLORIZE, ColorizeOptions(saturation=1.2, hints=(Hint(10.5, 20.5, "#c08040"),))),
        Step(UPSCALE, UpscaleOptions(scale=1.5, detail=0.25)),
    )
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "restore.unfade.json"
    write_recipe(ALL, path)
    assert read_recipe(path) == ALL
    written = json.loads(path.read_text(encoding="utf-8"))
    assert list(written) == ["unfade_recipe", "steps"]
    assert written["steps"][2] == {"filter": "upscale", "options": {"scale": 1.5, "detail": 0.25}}
    assert written["steps"][1]["options"]["hints"] == [{"x": 10.5, "y": 20.5, "color": "#c08040"}]


def test_options_left_out_keep_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "plain.json"
    steps = [{"filter": filter.name} for filter in all_filters()]
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"unfade_recipe": 1, "steps": steps}).encode())
    assert read_recipe(path) == Recipe(tuple(Step(filter, filter.Options()) for filter in all_filters()))


def test_a_recipe_for_any_picture_has_no_marks() -> None:
    bare = ALL.for_any_picture()
    assert [step.options for step in bare.steps] == [
        DeartifactOptions(strength=0.8),
        ColorizeOptions(saturation=1.2),
        UpscaleOptions(scale=1.5, detail=0.25),
    ]


def of(*steps: Any, **more: Any) -> dict[str, Any]:
    return {"unfade_recipe": 1, "steps": list(steps), **more}


UP = {"filter": "upscale", "options": {}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "PATH is no JSON file (line 1: "),
        ('{"unfade_recipe": 1, "steps": [NaN]}', "PATH is no JSON file; check it"),
        ("[" * 100_000, "PATH is no JSON file; check it"),
        ([], "PATH is no recipe of Unfade's: it does not say 'unfade_recipe'."),
        ({"steps": [UP]}, "PATH is no recipe of Unfade's"),
        ({**of(UP), "unfade_recipe": "1"}, "PATH cannot be used: 'unfade_recipe' must be a version"),
        ({**of(UP), "unfade_recipe": True}, "PATH cannot be used: 'unfade_recipe' must be a version"),
        ({**of(UP), "unfade_recipe": 2}, "PATH was made by a newer Unfade (recipes of version 2); install "),
        (of(UP, step=[]), "PATH cannot be used: A recipe has no 'step': did you mean steps?"),
        (of(), "PATH cannot be used: A recipe has 1 to 16 steps, not 0."),
        (of(*[UP] * 17), "PATH cannot be used: A recipe has 1 to 16 steps, not 17."),
        ({"unfade_recipe": 1}, "PATH cannot be used: A recipe needs 'steps', a list "),
        (of("upscale"), "PATH cannot be used: Step 1: A step must be an object."),
        (of(UP, {"filter": "upscal"}), "PATH cannot be used: Step 2: There is no filter 'upscal': did you "),
        (of({"options": {}}), "PATH cannot be used: Step 1: Which 'filter' to run is missing"),
        (of({**UP, "option": {}}), "PATH cannot be used: Step 1: A step has no 'option': did you mean opt"),
        (of({**UP, "options": {"scle": 2}}), "PATH cannot be used: Step 1: The filter upscale has no option"),
        (of({**UP, "options": {"scale": 9}}), "PATH cannot be used: Step 1: scale must be a number from 1 "),
        (of({**UP, "options": None}), "PATH cannot be used: Step 1: 'options' must be an object."),
        (of({"filter": "colorize", "options": {"hints": 3}}), "PATH cannot be used: Step 1: hints must be "),
        (of({"filter": "deartifact", "options": {"strokes": [{}]}}), "PATH cannot be used: Step 1: "),
    ],
)
def test_what_is_no_recipe(tmp_path: Path, content: Any, sentence: str) -> None:
    path = tmp_path / "r.unfade.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_recipe(path)
    assert str(caught.value).startswith(sentence.replace("PATH", str(path)))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.json does not exist; check"):
        read_recipe(tmp_path / "missing.json")
    with pytest.raises(UsageError, match="cannot be read: "):
        read_recipe(tmp_path)
    (tmp_path / "large.json").write_bytes(b" " * (1 << 20) + b"{}")
    with pytest.raises(UsageError, match="is larger than 1 MiB"):
        read_recipe(tmp_path / "large.json")
    (tmp_path / "latin.json").write_bytes(b'{"unfade_recipe": "\xe9"}')
    with pytest.raises(UsageError, match="is no JSON file"):
        read_recipe(tmp_path / "latin.json")


def test_a_recipe_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"the folder .* does not exist"):
        write_recipe(ALL, tmp_path / "none" / "r.unfade.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="something that is not a file has this name"):
        write_recipe(ALL, tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
options = st.dictionaries(
    st.sampled_from(["scale", "strength", "hints", "strokes", "saturation", "watermark"]) | st.text(), values
)
steps = st.fixed_dictionaries(
    {},
    optional={
        "filter": st.sampled_from([f.name for f in all_filters()]) | values,
        "options": options | values,
    },
)


@given(raw=st.fixed_dictionaries({}, optional={"steps": st.lists(steps | values, max_size=3)}) | values)
def test_nothing_but_a_recipe_or_a_sentence_comes_of_any_json(raw: Any) -> None:
    try:
        recipe = Recipe.from_json(raw)
    except UsageError as error:
        assert str(error).endswith((".", "?"))
    else:
        assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
