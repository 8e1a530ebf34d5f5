"""Pretrained weights from a file, or by URL into a cache: checksum verified, and never code from a pickle."""

from __future__ import annotations

import hashlib
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from ..errors import TrainingError
from ..files import atomic_write

log = logging.getLogger(__name__)

CHUNK = 1 << 20


@dataclass(frozen=True)
class Published:
    """Weights somebody publishes.

    Attributes:
        url: of a ``.pth`` or ``.safetensors`` file.
        sha256: hexadecimal digest, or its beginning (torchvision's file names carry the first eight digits).
    """

    url: str
    sha256: str

    @property
    def file_name(self) -> str:
        return self.url.rsplit("/", 1)[-1]


def cache_folder() -> Path:
    """Where downloads are kept: ``$UNFADE_CACHE/weights``, or ``weights`` in the user's cache folder."""
    root = os.environ.get("UNFADE_CACHE")
    return (Path(root) if root else Path(platformdirs.user_cache_dir("unfade"))) / "weights"


def fetch(published: Published, folder: Path | None = None, *, timeout: float = 60.0) -> Path:
    """The published file in the cache, downloaded if it is not there yet; its checksum is always verified.

    Args:
        published: what to fetch.
        folder: the cache; default :func:`cache_folder`.
        timeout: seconds without an answer before giving up.

    Raises:
        TrainingError: no network, no room, or a wrong checksum (the damaged file is not kept).
    """
    folder = cache_folder() if folder is None else folder
    path = folder / published.file_name
    if path.exists():
        verify(path, published.sha256)
        return path
    log.info("downloading %s to %s", published.url, path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with urllib.request.urlopen(published.url, timeout=timeout) as answer, atomic_write(path) as out:
            while chunk := answer.read(CHUNK):
                out.write(chunk)
                digest.update(chunk)
            _compare(digest.hexdigest(), published.sha256, published.url)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise TrainingError(
            f"{published.url} could not be downloaded ({error}); put the file at {path}, or name another "
            "with weights=."
        ) from error
    except OSError as error:
        raise TrainingError(
            f"{path} could not be written ({error}); free some space or set UNFADE_CACHE."
        ) from error
    return path


def verify(path: Path, sha256: str) -> None:
    """Raise TrainingError unless the file's SHA-256 begins with ``sha256``."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    _compare(digest.hexdigest(), sha256, path)


def _compare(digest: str, expected: str, of: Path | str) -> None:
    if not digest.startswith(expected.lower()):
        raise TrainingError(
            f"{of} has the checksum {digest[:16]}… where {expected[:16]} was expected; "
            "it is damaged or another file: delete it and fetch it again."
        )


def read_state(path: Path) -> dict[str, Tensor]:
    """Name -> tensor of a ``.safetensors`` file, or of a ``.pth`` read with ``weights_only`` (nothing runs).

    Raises:
        TrainingError: the file is missing, damaged, or holds anything but tensors by name.
    """
    if not path.is_file():
        raise TrainingError(f"There are no weights at {path}; check weights= in the recipe.")
    try:
        if path.suffix == ".safetensors":
            state: object = safetensors.torch.load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, KeyError, EOFError, safetensors.SafetensorError) as error:
        raise TrainingError(f"{path} cannot be read as weights ({_first_line(error)}).") from error
    except Exception as error:  # pickle.UnpicklingError and whatever a hostile file provokes
        raise TrainingError(
            f"{path} holds more than tensors and is not loaded ({_first_line(error)})."
        ) from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise TrainingError(f"{path} is not a table of tensors by name.")
    return {str(name): tensor for name, tensor in state.items()}


def load_into(
    module: nn.Module, state: Mapping[str, Tensor], path: Path, *, ignore: tuple[str, ...] = ()
) -> None:
    """Copy ``state`` into a module in float32, strictly, apart from the names that begin with ``ignore``.

    Raises:
        TrainingError: names or shapes do not fit: these are another network's weights.
    """
    wanted = {
        name: tensor.float() for name, tensor in state.items() if not name.startswith(ignore or ("\0",))
    }
    try:
        module.load_state_dict(wanted, strict=True)
    except RuntimeError as error:
        raise TrainingError(
            f"{path} does not hold the weights of {type(module).__name__} ({_first_line(error, 1)})."
        ) from error


def _first_line(error: Exception, line: int = 0) -> str:
    """One line of a long message: the sentence matters, not the list of 200 keys."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[min(line, len(lines) - 1)].strip()[:160]
