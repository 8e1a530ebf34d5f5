"""The Python interface: pictures in, pictures out, in one call."""

from __future__ import annotations

from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import Picture, read_picture

if TYPE_CHECKING:
    from unfade.engine import Engine
    from unfade.filters import OnTile

Source: TypeAlias = "Picture | NDArray[Any] | str | PathLike[str]"


def upscale(
    source: Source,
    scale: float = 2.0,
    *,
    detail: float | None = None,
    strength: float = 1.0,
    model: str | None = None,
    device: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    on_tile: OnTile | None = None,
) -> Picture:
    """Enlarges a picture.

    >>> import numpy as np, unfade
    >>> small = np.full((20, 30, 3), 200, np.uint8)
    >>> large = unfade.upscale(small, scale=2)
    >>> large.pixels.shape, large.pixels.dtype
    ((40, 60, 3), dtype('uint8'))

    Args:
        source: a :class:`Picture`, the path of a file, or an array of uint8, uint16 or floats in [0, 1]:
            HW (gray) or HWC (gray, gray and alpha, RGB, RGB and alpha).
        scale: how many times as large, from 1 to 4.
        detail: 0 for the faithful model, 1 for the GAN model, blended in between; None for the faithful one
            where there is one.
        strength: 1 for the model's result, 0 for plain enlargement, blended in between.
        model: name or path of a model, instead of the one chosen by ``scale`` and ``detail``.
        device: "auto", "cpu", "cuda", "cuda:N", "coreml" or "directml".
        tile: largest side of a tile in pixels; it changes the memory needed, not the result.
        threads: CPU threads; None for all cores.
        on_tile: called with (tiles done, tiles in all).

    Returns:
        The enlarged picture, of the dtype and channels of the source and with its metadata.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    from unfade.filters import UpscaleOptions
    from unfade.filters import upscale as apply

    options = UpscaleOptions(scale=scale, detail=detail, strength=strength, model=model)
    return apply(as_picture(source), options, _engine(device, threads, tile), on_tile)


def as_picture(source: Source) -> Picture:
    """A picture from whatever :func:`upscale` takes. Raises PictureError."""
    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        return _from_array(source)
    return read_picture(Path(source))


def _from_array(array: NDArray[Any]) -> Picture:
    pixels = array[..., None] if array.ndim == 2 else array
    if pixels.ndim != 3 or not 1 <= pixels.shape[2] <= 4 or pixels.size == 0:
        raise PictureError(
            f"An array of shape {array.shape} is no picture; give height x width x 1 to 4 channels."
        )
    if pixels.dtype.kind == "f":
        pixels = pixels.astype(np.float32)
    elif pixels.dtype not in (np.uint8, np.uint16):
        raise PictureError(
            f"An array of {array.dtype} is no picture; give uint8, uint16 or floats from 0 to 1."
        )
    return Picture(np.ascontiguousarray(pixels))


@lru_cache(maxsize=4)
def _engine(device: str, threads: int | None, tile: int | None) -> Engine:
    """Engines are kept, and with them the models they have opened."""
    from unfade.engine import Device, Engine

    return Engine(Device.parse(device), threads=threads, tile=tile)
