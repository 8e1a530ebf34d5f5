"""What the documents name is there: scripts in commands, linked files, headings and benchmark tasks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "bench"))

import protocols  # noqa: E402

DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/*.md", "training/**/*.md", "examples/*.md")
    for path in sorted(ROOT.glob(pattern))
]


def anchors(document: Path) -> set[str]:
    """Those that a reader's browser makes of headings: lower case, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_scripts_and_linked_files_are_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    scripts = set(re.findall(r"python ([\w./-]+\.py)", text))
    assert not {script for script in scripts if not (ROOT / script).is_file()}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


def test_scored_tasks_are_tasks() -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    named = set(re.findall(r"score\.py (?:make|score) (\S+)", text))
    assert named and named <= set(protocols.tasks())


@pytest.mark.skipif(shutil.which("bash") is None, reason="the script is bash's")
def test_make_test_install_tries_what_the_readme_says() -> None:
    said = subprocess.run(
        ["bash", str(ROOT / "scripts" / "try_install.sh"), "--commands"],
        check=True,
        capture_output=True,
        text=True,
    )
    *own, once, then = said.stdout.splitlines()
    assert any("-m venv" in line for line in own) and "apt install pipx" in once and then == "pipx install ."
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(line in readme for line in (*own, once, then))
