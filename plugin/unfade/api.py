"""The Python interface: pictures in, pictures out, in one call."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import Picture, finite, read_picture

if TYPE_CHECKING:
    from unfade.filters import Hint, Memo, Progress, Stroke
    from unfade.inference import Engine

Source: TypeAlias = "Picture | NDArray[Any] | str | PathLike[str]"


def upscale(
    source: Source,
    scale: float = 2.0,
    *,
    detail: float | None = None,
    strength: float = 1.0,
    looks: int = 1,
    model: str | None = None,
    device: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    on_tile: Progress | None = None,
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
        detail: 0 for the faithful model, 1 for the GAN model, blended in between; None for as much as suits
            how compressed or noisy the picture is.
        strength: 1 for the model's result, 0 for plain enlargement, blended in between.
        looks: how many looks at the picture, mirrored and turned, are averaged, from 1 to 8: more faithful
            and a little softer, and as many times slower.
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
    options = {"scale": scale, "detail": detail, "strength": strength, "looks": looks, "model": model}
    return _run("upscale", source, options, _engine(device, threads, tile), on_tile)


def deartifact(
    source: Source,
    *,
    strength: float = 1.0,
    watermark: bool = False,
    strokes: Sequence[Stroke] = (),
    model: str | None = None,
    device: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    on_tile: Progress | None = None,
) -> Picture:
    """Takes JPEG and WebP artifacts off a picture, and text watermarks where that is asked for.

    >>> import numpy as np, unfade
    >>> blocky = np.full((20, 30, 3), 200, np.uint8)
    >>> unfade.deartifact(blocky).pixels.shape
    (20, 30, 3)
    >>> line = unfade.Stroke("keep", radius=2, points=((5, 5), (25, 5)))
    >>> clean = unfade.deartifact(blocky, watermark=True, strokes=[line])
    >>> bool((clean.pixels[4:6, 5:25] == 200).all())
    True

    Args:
        source: as for :func:`upscale`.
        strength: 1 for the model's result, 0 for the picture as it was, blended in between.
        watermark: whether text watermarks go too; if not, all letters stay as they are, where the model tells
            of them.
        strokes: lines painted on the watermark mask: "add" is filled in, "keep" stays as it is.
        model: name or path of a model, instead of the installed one.
        device, tile, threads, on_tile: as for :func:`upscale`.

    Returns:
        The cleaned picture, of the size, dtype and channels of the source and with its alpha and metadata.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    options = {"strength": strength, "watermark": watermark, "strokes": tuple(strokes), "model": model}
    return _run("deartifact", source, options, _engine(device, threads, tile), on_tile)


def colorize(
    source: Source,
    *,
    hints: Sequence[Hint] = (),
    saturation: float = 1.0,
    strength: float = 1.0,
    model: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    on_tile: Progress | None = None,
) -> Picture:
    """Colours a black and white picture.

    >>> import numpy as np, unfade
    >>> gray = np.full((20, 30), 120, np.uint8)
    >>> unfade.colorize(gray, hints=[unfade.Hint(15, 10, "#c03020")]).pixels.shape
    (20, 30, 3)

    Args:
        source: as for :func:`upscale`; colours that it has already are ignored.
        hints: colours at points of the picture, in its pixels.
        saturation: 0 for gray, 1 for the model's colours, 2 for twice as much.
        strength: 1 for the coloured picture, 0 for the picture as it was, blended in between.
        model: name or path of a model, instead of the installed one.
        device, threads: as for :func:`upscale`.
        on_tile: called with (steps done, steps in all).

    Returns:
        An RGB picture of the size, dtype and lightness of the source, with its alpha and metadata; in sRGB
        where the source has a gray profile, or one that cannot be used.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    options = {"saturation": saturation, "strength": strength, "hints": tuple(hints), "model": model}
    return _run("colorize", source, options, _engine(device, threads, None), on_tile)


def repair(
    source: Source,
    *,
    strength: float = 1.0,
    sensitivity: float = 0.5,
    strokes: Sequence[Stroke] = (),
    looks: int = 3,
    model: str | None = None,
    device: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    on_tile: Progress | None = None,
) -> Picture:
    """Takes scratches, dust, hairs, creases and stains off a picture.

    >>> import numpy as np, unfade
    >>> print_ = np.full((20, 30, 3), 90, np.uint8)
    >>> unfade.repair(print_).pixels.shape
    (20, 30, 3)

    Args:
        source: as for :func:`upscale`.
        strength: 1 for the model's result, 0 for the picture as it was, blended in between.
        sensitivity: what counts as damage: 0 only what is painted over, 1 all that might be some.
        strokes: lines painted on the mask of the damage: "add" is damage too, "keep" stays as it is.
        looks: how many looks at the picture, mirrored and turned, find the damage, from 1 to 8: better, and
            each a fifth slower.
        model: name or path of a model, instead of the installed one.
        device, tile, threads, on_tile: as for :func:`upscale`.

    Returns:
        The repaired picture, of the size, dtype and channels of the source and with its alpha and metadata.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    options: dict[str, Any] = {"strength": strength, "sensitivity": sensitivity, "strokes": tuple(strokes)}
    options |= {"looks": looks, "model": model}
    return _run("repair", source, options, _engine(device, threads, tile), on_tile)


def denoise(
    source: Source,
    *,
    strength: float = 1.0,
    luma: float = 1.0,
    chroma: float = 1.0,
    grain: float = 0.0,
    level: float | None = None,
    looks: int = 2,
    model: str | None = None,
    device: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    on_tile: Progress | None = None,
) -> Picture:
    """Takes film grain and sensor noise off a picture.

    >>> import numpy as np, unfade
    >>> unfade.denoise(np.full((20, 30), 90, np.uint8)).pixels.shape
    (20, 30, 1)

    Args:
        source: as for :func:`upscale`.
        strength: 1 for the model's result, 0 for the picture as it was, blended in between.
        luma, chroma: how much of the noise in brightness and in colour is taken off.
        grain: how much new grain of the picture's own kind the result gets.
        level: how strong the noise is taken to be, from 0 to 1; None for as strong as it looks.
        looks: how many looks at the picture, mirrored and turned, are averaged, from 1 to 8: better, and as
            many times slower.
        model: name or path of a model, instead of the installed one.
        device, tile, threads, on_tile: as for :func:`upscale`.

    Returns:
        The picture without noise, of the size, dtype and channels of the source and with its alpha and
        metadata.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    options: dict[str, Any] = {"strength": strength, "luma": luma, "chroma": chroma, "grain": grain}
    options |= {"level": level, "looks": looks, "model": model}
    return _run("denoise", source, options, _engine(device, threads, tile), on_tile)


def revive(
    source: Source,
    *,
    strength: float = 1.0,
    warmth: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 1.0,
    model: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    on_tile: Progress | None = None,
) -> Picture:
    """Brings the faded colours of a picture back.

    >>> import numpy as np, unfade
    >>> unfade.revive(np.full((20, 30, 3), 90, np.uint8)).pixels.shape
    (20, 30, 3)

    Args:
        source: as for :func:`upscale`.
        strength: 1 for the model's result, 0 for the picture as it was, blended in between.
        warmth, contrast: from -1 to 1, on top of the model's result.
        saturation: 0 for gray, 1 for the model's result, 2 for twice the colour.
        model: name or path of a model, instead of the installed one.
        device, threads, on_tile: as for :func:`upscale`.

    Returns:
        The revived picture, of the size, dtype and channels of the source and with its alpha and metadata.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    options: dict[str, Any] = {"strength": strength, "warmth": warmth, "contrast": contrast}
    options |= {"saturation": saturation, "model": model}
    return _run("revive", source, options, _engine(device, threads, None), on_tile)


def restore(
    source: Source,
    *,
    strength: float = 1.0,
    device: str = "auto",
    tile: int | None = None,
    threads: int | None = None,
    on_tile: Progress | None = None,
) -> Picture:
    """Looks what an old photograph needs, and does that: a chain of :func:`revive`, :func:`deartifact`,
    :func:`repair` and :func:`denoise`, or nothing. Never colours made up.

    >>> import numpy as np, unfade
    >>> unfade.restore(np.full((20, 30, 3), 90, np.uint8)).pixels.shape
    (20, 30, 3)

    Args:
        source: as for :func:`upscale`.
        strength: 1 for the restored picture, 0 for the picture as it was, blended in between.
        device, tile, threads, on_tile: as for :func:`upscale`.

    Returns:
        The restored picture, of the size, dtype and channels of the source and with its alpha and metadata.

    Raises:
        UsageError, PictureError, ModelError, DeviceError: sentences for the user, all UnfadeErrors.
    """
    return _run("restore", source, {"strength": strength}, _engine(device, threads, tile), on_tile)


def _run(
    name: str, source: Source, options: dict[str, Any], engine: Engine, on_tile: Progress | None
) -> Picture:
    """Runs the filter of that name."""
    from unfade.filters import find_filter

    filter = find_filter(name)
    runner = filter.open(filter.Options(**options), engine)
    result = runner.run(as_picture(source), progress=on_tile, memo=_memo(engine))
    warnings = result.picture.warnings + result.report.warnings
    return dataclasses.replace(result.picture, warnings=warnings)


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
        with np.errstate(over="ignore"):  # what becomes infinite is made finite
            pixels = finite(pixels.astype(np.float32))
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype not in (np.uint8, np.uint16, np.float32):
        raise PictureError(
            f"An array of {array.dtype} is no picture; give uint8, uint16 or floats from 0 to 1."
        )
    return Picture(np.ascontiguousarray(pixels))


@lru_cache(maxsize=4)
def _engine(device: str, threads: int | None, tile: int | None) -> Engine:
    """Engines are kept, and with them the models they have opened."""
    from unfade.inference import Device, Engine

    return Engine(Device.parse(device), threads=threads, tile=tile)


@lru_cache(maxsize=4)
def _memo(_engine: Engine) -> Memo:
    """A picture that comes again with other options is not predicted anew."""
    from unfade.filters import Memo

    return Memo()
