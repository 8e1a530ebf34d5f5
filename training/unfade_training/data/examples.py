"""The word ``examples`` in the place of a folder: the photographs that Unfade's repository brings along."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import TrainingError

WORD = "examples"
REPOSITORY = Path(__file__).parents[3] / "examples"  # the photographs are not in the installed package
PHOTOGRAPHS = REPOSITORY / "photographs"
MORE = (
    "They are enough to try everything; for results take a few hundred sharp photographs of your own, or "
    "those of the Cloudinary Image Dataset '22 (CC BY-SA 4.0, https://cloudinary.com/labs/cid22)."
)


def photo_folders(folders: Iterable[Path]) -> tuple[list[Path], bool]:
    """The folders with the word replaced, and whether it was.

    A folder of that name in the working directory is meant where there is one, unless it is the
    repository's own: there ``examples`` also holds photographs that nothing is ever trained on.

    Raises:
        TrainingError: the word was given, and this installation has no such photographs.
    """
    found, replaced = [], False
    for folder in folders:
        if folder != Path(WORD) or (folder.is_dir() and folder.resolve() != REPOSITORY.resolve()):
            found.append(folder)
            continue
        if not PHOTOGRAPHS.is_dir():
            raise TrainingError(
                "The example photographs are in Unfade's repository and not in the installed package: name "
                "a folder of photographs of your own with --data, or run this in a clone of the repository."
            )
        found.append(PHOTOGRAPHS)
        replaced = True
    return found, replaced
