"""The pixels of TIFF files: which page, by which decoder, and what its tags say that decoders do not take."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.errors import PictureError
from unfade.picture import tiff, tiff_parts
from unfade.picture.colour import linear_profile, with_profile, ycbcr_to_rgb
from unfade.picture.lab import linear_to_srgb
from unfade.picture.matrix_profile import SRGB_XYZ
from unfade.picture.picture import Notes, from_bits, from_float, peak_of, strips, vips

_WIDE = ("float", "uint")  # libvips' names of samples of 32 bits
_LAB_WHITE = {8: 255.0, 16: 65535.0}
_HIGHLIGHTS = 16  # what scene-linear light seldom passes: floats beyond may be the numbers of 8 or 16 bits
_PEAK_8, _PEAK_16 = 255, 65535

# What libtiff, as libvips brings it, decodes: the rest is tifffile's.
_LIBTIFF_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34676, 34677})
_LIBTIFF_DEPTHS = {
    tiff.WHITE_IS_ZERO: (1, 2, 4, 8, 16, 32),
    tiff.BLACK_IS_ZERO: (1, 2, 4, 8, 16, 32),
    tiff.RGB: (8, 16, 32),
    tiff.PALETTE: (1, 2, 4, 8),
    tiff.SEPARATED: (8, 16, 32),
    tiff.YCBCR: (8, 16),
    tiff.LOG_L: (16,),
    tiff.LOG_LUV: (16, 24, 32),
}
_FAX = (2, 3, 4)  # compressions
_LOGARITHMIC = (tiff.LOG_L, tiff.LOG_LUV)
_CIELAB, _ICCLAB = 8, 9
_COLOURS = {
    tiff.SEPARATED: 4, tiff.RGB: 3, tiff.YCBCR: 3, _CIELAB: 3, _ICCLAB: 3, tiff.LOG_LUV: 3,
}  # fmt: skip
_UNSIGNED, _SIGNED, _FLOAT, _UNDEFINED = 1, 2, 3, 4  # sample formats
_MOST_SAMPLES = 0xFFFF  # what the tag can hold
_JPEG_PROCESS, _BASELINE = 0x0200, 1
_ALPHA = frozenset({1, 2})  # extra samples: associated with the colours, and not


def page_of(pages: Sequence[tiff.Page], wanted: int | None, notes: Notes) -> tiff.Page | None:
    """The page to read: the one wanted (from 0), else the first that is no thumbnail and no mask.

    None if no page is found.

    Raises:
        PictureError: for a camera's RAW photograph, and for a page that is not there.
    """
    if not pages:
        return None
    whole = whole_pages(pages)
    if any(page.is_raw for page in pages) or (whole[0].is_reduced and pages[0].has_children):
        raise PictureError(
            f"{notes.path} is a RAW photograph of a camera; develop it first, and give the result."
        )
    if wanted is None:
        if len(whole) > 1:
            notes.add(f"Only the first of its {len(whole)} pages is used.")
        return whole[0]
    if not 0 <= wanted < len(whole):
        raise PictureError(f"{notes.path} has no page {wanted + 1}; it has {len(whole)}.")
    return whole[wanted]


def whole_pages(pages: Sequence[tiff.Page]) -> list[tiff.Page]:
    """The pages that are neither thumbnails nor masks; the first of all where each is one."""
    return [page for page in pages if not page.is_reduced] or list(pages[:1])


def opened(path: Path, page: tiff.Page | None, notes: Notes, *, alone: bool = False) -> Any:
    """The page as a libvips image of gray, RGB, CMYK or Lab, alpha last, in 8 or 16 bits or floats.

    Args:
        alone: takes the whole file into memory, so that libtiff sees nothing of other pages and of tags that
            pixels do not need; it refuses a page for mistakes in those.

    Raises:
        PictureError: for a kind of page that cannot be read.
        pyvips.Error, OSError, ValueError, RuntimeError: if it is damaged.
    """
    if page is None:
        return _by_libtiff(path, 0)
    _refuse_unknown(page, notes)
    if page.compression == tiff.OLD_JPEG:
        with path.open("rb") as stream:
            return _colours(_as_image(tiff_parts.old_jpeg(stream, page)), page, notes)
    if page.photometric == tiff.YCBCR and page.is_separate:
        return _colours(_from_planes(path, page), page, notes)
    if not _is_for_libtiff(page):
        return _colours(_by_tifffile(path, page, notes), page, notes)
    source: Path | bytes = path
    if alone:
        with path.open("rb") as stream:
            source = tiff_parts.page_alone(stream, page)
    index = 0 if alone else page.index
    image = _by_libtiff(source, index)
    if image.format in _WIDE and page.photometric not in _LOGARITHMIC:
        image = _scaled(image, _white_of(_by_libtiff(source, index), notes), notes)
    return _colours(image, page, notes)


def _by_libtiff(file: Path | bytes, index: int) -> Any:
    # "error", not "truncated": that lets cut-off plain TIFFs pass. Mere warnings are passed over.
    options = {"access": "sequential", "fail_on": "error", "page": index}
    if isinstance(file, bytes):  # copied, while a source of memory would have to outlive the image
        return vips().Image.tiffload_buffer(file, **options)
    # A source, not a file name: libvips would take "[...]" in a name for options. Names need not be text.
    return vips().Image.tiffload_source(vips().Source.new_from_file(os.fsencode(file)), **options)


def _is_for_libtiff(page: tiff.Page) -> bool:
    depths = {int(bits) for bits in page.tags.get(tiff.BITS_PER_SAMPLE, (1,))}
    depth, samples = max(depths), page.samples
    return (
        len(depths) == 1
        and page.compression in _LIBTIFF_COMPRESSIONS
        and tiff.PHOTOMETRIC in page.tags
        and depth in _LIBTIFF_DEPTHS.get(page.photometric, ())
        and (depth == 8 or page.compression != tiff.JPEG)
        and (depth >= 8 or samples == 1)
        and (page.photometric in _LOGARITHMIC or not _is_signed(page))
        # libvips takes planes in strips alone, and mixes up those of gray and alpha and of half floats.
        and not (page.is_separate and (page.is_tiled or samples == 2 or (depth == 16 and _is_float(page))))
    )


def _is_signed(page: tiff.Page) -> bool:
    return page.first(tiff.SAMPLE_FORMAT, _UNSIGNED) == _SIGNED


def _is_float(page: tiff.Page) -> bool:
    return page.first(tiff.SAMPLE_FORMAT, _UNSIGNED) == _FLOAT


def _refuse_unknown(page: tiff.Page, notes: Notes) -> None:
    """Raises PictureError for what no decoder here reads right."""

    def refuse(what: str) -> None:
        raise PictureError(f"{notes.path} {what}.")

    samples = page.samples
    if samples > _MOST_SAMPLES:
        raise ValueError(f"{samples} channels")
    if page.compression in _FAX and samples > 1 and not page.is_separate:
        refuse("packs several channels as fax does one; save it as RGB without that compression")
    if page.first(_JPEG_PROCESS, _BASELINE) != _BASELINE and page.compression == tiff.OLD_JPEG:
        refuse("holds a rare kind of JPEG; save it as RGB without compression")
    if tiff.PHOTOMETRIC not in page.tags and page.photometric == tiff.RGB:
        notes.add("It does not say what its channels are; they are taken for red, green and blue.")
    elif tiff.PHOTOMETRIC not in page.tags and samples > 2:
        refuse(f"does not say what its {samples} channels are; save it as RGB")
    if page.photometric == tiff.SEPARATED and (page.first(tiff.INK_SET, 1) != 1 or samples < 4):
        refuse("has other inks than CMYK; save it as RGB")
    if page.first(tiff.SAMPLE_FORMAT, _UNSIGNED) not in (_UNSIGNED, _SIGNED, _FLOAT, _UNDEFINED):
        refuse("holds complex numbers; save it as a picture of 8 or 16 bits")
    colours = _COLOURS.get(page.photometric, 1)
    # Beside RGB and inks they are a selection or a spot colour; beside one gray they may be all there is.
    if samples < colours:
        raise ValueError(f"{samples} channels for {colours} colours")
    if colours == 1 and samples > 2 and not _ALPHA.intersection(page.extra_samples):
        refuse(f"has {samples} channels; save it as gray or RGB, with or without alpha")


def _kept(page: tiff.Page, notes: Notes) -> list[int]:
    """The channels that make the picture: its colours, and the alpha; that there are others is told."""
    colours, kinds = _COLOURS.get(page.photometric, 1), page.extra_samples
    kept, further = list(range(colours)), page.samples - colours
    if not kinds and further == 1:  # most often it is alpha
        return [*kept, colours]
    kept += [colours + i for i, kind in enumerate(kinds[:further]) if kind in _ALPHA][:1]
    if page.samples == colours + 1 == len(kept) + 1:
        notes.add("Its last channel is not marked as alpha and is left out.")
    elif left_out := page.samples - len(kept):
        notes.add(f"Its further channels ({left_out}) are left out.")
    return kept


def _from_planes(path: Path, page: tiff.Page) -> Any:
    """A libvips image of Y, Cb and Cr that lie in planes, chroma as large as luma."""
    with path.open("rb") as stream:
        data, (across, down) = tiff_parts.planes(stream, page)
    v = vips()
    channels = [
        v.Image.tiffload_buffer(data, access="sequential", fail_on="error", page=channel)
        for channel in range(page.samples)
    ]
    width, height = channels[0].width, channels[0].height
    for index in (1, 2):
        channels[index] = (
            channels[index].resize(across, vscale=down, kernel="linear").crop(0, 0, width, height)
        )
    return channels[0].bandjoin(channels[1:])


def _by_tifffile(path: Path, page: tiff.Page, notes: Notes) -> Any:
    """The page decoded whole by tifffile: odd depths, and compressions that libtiff here does not know."""
    import tifffile

    size = path.stat().st_size
    with tifffile.TiffFile(path) as file:
        found = next((p for p in file.pages if p.offset == page.offset), None)
        if not isinstance(found, tifffile.TiffPage):
            raise ValueError("no such page")
        # tifffile fills what is not there with zeros.
        parts = list(zip(found.dataoffsets, found.databytecounts, strict=True))
        kept, each = _kept(page, notes), math.prod(found.chunked)
        if page.is_separate:
            each //= page.samples
            parts = [part for plane in kept for part in parts[plane * each : (plane + 1) * each]]
            each *= len(kept)
        if len(parts) < each or not all(count and start + count <= size for start, count in parts):
            raise ValueError("the file is cut short")
        try:
            pixels = found.asarray()
        except NotImplementedError:
            pixels = None
        except ValueError as error:
            if "not supported" not in str(error) and "requires" not in str(error):
                raise
            pixels = None
        if pixels is None:
            raise PictureError(
                f"{path} is a TIFF file of a kind that Unfade cannot read (compression "
                f"{int(found.compression)}, colours {int(found.photometric)}, {found.bitspersample} bits); "
                "save it anew."
            )
        samples = found.samplesperpixel
        if samples == 1:
            pixels = pixels.reshape(found.imagelength, found.imagewidth, 1)
        elif page.is_separate:
            pixels = np.moveaxis(pixels.reshape(samples, found.imagelength, found.imagewidth), 0, 2)
        else:
            pixels = pixels.reshape(found.imagelength, found.imagewidth, samples)
        if len(kept) < samples:
            pixels = np.ascontiguousarray(pixels[..., kept])
        palette = found.colormap if page.photometric == tiff.PALETTE else None
        bits, icc = found.bitspersample, found.iccprofile
    if pixels.dtype.kind == "i" and page.photometric not in (_CIELAB, _ICCLAB):
        pixels = _unsigned(pixels, notes)
        bits = 8 * pixels.itemsize
    if palette is not None:
        pixels = np.moveaxis((palette >> 8).astype(np.uint8), 0, 1)[pixels[..., 0]]
    elif page.photometric in (_CIELAB, _ICCLAB):
        return _from_lab(pixels, page, notes)
    else:
        pixels = _in_common_depth(pixels, bits, notes)
    if page.photometric == tiff.WHITE_IS_ZERO:
        pixels[..., :1] = peak_of(pixels.dtype) - pixels[..., :1]
    image = _as_image(pixels, "cmyk" if page.photometric == tiff.SEPARATED else None)
    if icc:
        image = with_profile(image, icc)
    colours = _COLOURS.get(page.photometric, 1)
    associated = page.extra_samples and kept[-1] >= colours and page.extra_samples[kept[-1] - colours] == 1
    if associated and image.bands in (2, 4):
        straight = image.unpremultiply(max_alpha=peak_of(pixels.dtype))
        image = straight if image.format == "float" else straight.rint().cast(image.format)
    return image


def _unsigned(pixels: NDArray[Any], notes: Notes) -> NDArray[Any]:
    """Signed samples as unsigned ones, black at 0.

    Some programs mark ordinary pictures as signed, others have black at the lowest number there is; which of
    the two it is shows in which makes the smoother picture.

    Raises:
        PictureError: for measurements, which go below zero and use little of their range.
    """
    bits = 8 * pixels.itemsize
    lowest, highest = int(pixels.min()), int(pixels.max())
    as_marked: NDArray[Any] = pixels.view(f"u{pixels.itemsize}")
    if lowest >= 0:
        if bits == 8 or highest <= _PEAK_8 or (bits == 32 and highest <= _PEAK_16):
            return as_marked if bits != 16 else as_marked.astype(np.uint8)
        notes.add(f"Its numbers are signed; {2 ** (bits - 1) - 1} is taken for white.")
        return np.asarray(as_marked << 1 | as_marked >> (bits - 2))
    if bits > 16 or highest - lowest < 2 ** (bits - 2):
        raise PictureError(
            f"{notes.path} holds numbers below zero (heights, a measurement); save it as a picture of 8 or "
            "16 bits."
        )
    if _roughness(as_marked) < _roughness(pixels):
        notes.add("Its numbers are marked as signed, and taken for unsigned, as which they make a picture.")
        return as_marked
    notes.add(f"Its numbers are signed; {-(2 ** (bits - 1))} is taken for black.")
    return np.asarray(as_marked ^ as_marked.dtype.type(2 ** (bits - 1)))


def _roughness(pixels: NDArray[Any]) -> float:
    """The mean step from one pixel to the next."""
    rows = max(1, len(pixels) // 256)
    return (
        float(np.abs(np.diff(pixels[::rows].astype(np.int64), axis=1)).mean()) if pixels.shape[1] > 1 else 0.0
    )


def _in_common_depth(pixels: NDArray[Any], bits: int, notes: Notes) -> NDArray[Any]:
    """Samples scaled to 8 or 16 bits, whichever holds them, or as 32-bit floats in a known range."""
    if pixels.dtype.kind == "f":
        if pixels.dtype == np.float64:
            notes.add("Floats of 64 bits are rounded to 32.")
        image = _as_image(pixels.astype(np.float32))
        return _array(_scaled(image, _white_of(image, notes), notes))
    if pixels.dtype.kind == "b":
        return pixels * np.uint8(255)
    if bits == 32:
        image = _as_image(pixels.astype(np.uint32))
        return _array(_scaled(image, _white_of(image, notes), notes))
    if bits > 16:
        notes.add(f"Integers of {bits} bits are reduced to 16 bits.")
        return np.rint(pixels * (_PEAK_16 / (2.0**bits - 1))).astype(np.uint16)
    return from_bits(pixels, bits, np.uint8 if bits <= 8 else np.uint16)


def _from_lab(pixels: NDArray[Any], page: tiff.Page, notes: Notes) -> Any:
    """L*a*b* of 8 or 16 bits as sRGB of the same depth (TIFF 6.0, section 23; Adobe's ICCLab)."""
    depth = page.first(tiff.BITS_PER_SAMPLE, 8)
    if depth not in _LAB_WHITE or pixels.shape[2] < 3:
        raise PictureError(
            f"{notes.path} holds Lab of {depth} bits, which Unfade cannot read; save it as RGB."
        )
    lightness = pixels[..., :1] * np.float32(100 / _LAB_WHITE[depth])
    step = np.float32(2 ** (depth - 8))
    if page.photometric == _CIELAB:
        signed = pixels[..., 1:3].astype(np.int8 if depth == 8 else np.int16)
        ab = signed.astype(np.float32) / step
    else:
        ab = pixels[..., 1:3].astype(np.float32) / step - 128
    f = (lightness + 16) / 116 + np.concatenate(
        (ab[..., :1] / 500, np.zeros_like(lightness), ab[..., 1:] / -200), 2
    )
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) / 903.2963)
    light = xyz * SRGB_XYZ.sum(axis=1) @ np.linalg.inv(SRGB_XYZ).T  # the white is D50
    rgb = linear_to_srgb(np.clip(light, 0, 1).astype(np.float32))
    image = _as_image(from_float(rgb, np.uint16 if depth == 16 else np.uint8))
    if pixels.shape[2] == 4:
        image = image.bandjoin(_as_image(_in_common_depth(pixels[..., 3:], depth, notes)))
    return image


def _as_image(pixels: NDArray[Any], interpretation: str | None = None) -> Any:
    """HWC pixels as a libvips image of gray, RGB, or what is named; it keeps a copy of them."""
    height, width, bands = pixels.shape
    form = {"uint8": "uchar", "uint16": "ushort", "uint32": "uint", "float32": "float"}[pixels.dtype.name]
    image = vips().Image.new_from_memory(np.ascontiguousarray(pixels).tobytes(), width, height, bands, form)
    deep = form != "uchar"
    usual = ("grey16" if deep else "b-w") if bands < 3 else ("rgb16" if deep else "srgb")
    return image.copy(interpretation=interpretation or usual)


def _array(image: Any) -> NDArray[Any]:
    dtype = {"uchar": np.uint8, "ushort": np.uint16, "float": np.float32}[image.format]
    return np.frombuffer(image.write_to_memory(), dtype).reshape(image.height, image.width, -1).copy()


def _colours(image: Any, page: tiff.Page, notes: Notes) -> Any:
    """The image with what libvips does not take from the tags: YCbCr, and channels that are no alpha."""
    samples = page.samples
    if page.photometric < 0 and page.compression in _FAX:  # paper is 0, where nothing says so
        return image.invert()
    if page.photometric == tiff.LOG_LUV:  # XYZ by now, with white at 100
        return with_profile(image.colourspace("scrgb"), linear_profile(False))
    if page.photometric == tiff.LOG_L:
        encoded = np.frombuffer(image.write_to_memory(), np.int16).reshape(image.height, image.width, 1)
        return with_profile(_as_image(_light_of(encoded)), linear_profile(True))
    if page.photometric == tiff.YCBCR and samples == 3:
        if image.bands == 4:  # decoded by libtiff, with an alpha that the file has not
            return image.extract_band(0, n=3)
        if page.compression != tiff.JPEG or page.is_separate:
            return ycbcr_to_rgb(
                image, page.tags.get(tiff.YCBCR_COEFFICIENTS), page.tags.get(tiff.REFERENCE_BLACK_WHITE)
            )
    kept = _kept(page, notes)
    if image.bands == samples and len(kept) < samples:
        colours = image.extract_band(0, n=_COLOURS.get(page.photometric, 1))
        return colours if kept[-1] < colours.bands else colours.bandjoin(image.extract_band(kept[-1]))
    return image


def _light_of(encoded: NDArray[np.int16]) -> NDArray[np.float32]:
    """Linear light of LogL samples of 16 bits (G. W. Larson, LogLuv encoding, 1998)."""
    exponents = (encoded & 0x7FFF).astype(np.float32)
    light = np.exp2((exponents + np.float32(0.5)) / 256 - 64)
    return np.where(exponents == 0, 0, np.where(encoded < 0, -light, light)).astype(np.float32)


def _white_of(image: Any, notes: Notes) -> float:
    """The value that stands for white in samples of 32 bits, integers or floats: 1, 255, 65535 or 2**32 - 1.

    Found in the values, as no tag tells it: programs write pictures of 8 and 16 bits as wider numbers.
    """
    integers = image.format == "uint"
    dtype = np.dtype(np.uint32 if integers else np.float32)
    lowest, highest, total, whole = 0.0, 0.0, 0.0, True
    for _, strip in strips(image, dtype):
        known = strip if integers else np.nan_to_num(strip, nan=0.0, posinf=0.0, neginf=0.0)
        lowest, highest = min(lowest, float(known.min())), max(highest, float(known.max()))
        total += float(known.sum(dtype=np.float64))
        whole = whole and (integers or not (known % 1).any())
    mean = total / (image.width * image.height * image.bands)
    # Scene-linear light has highlights above 1, and is 1 at most on the mean.
    if integers or (highest > _HIGHLIGHTS and lowest >= 0 and (mean > 1 or whole)):
        for white in (255.0, 65535.0):
            if highest <= white:
                notes.add(f"Its 32-bit numbers end at {highest:g}; {white:g} is taken for white.")
                return white
        if integers:
            return 2.0**32 - 1
    return 1.0


def _scaled(image: Any, white: float, notes: Notes) -> Any:
    """The image with samples that pictures have: integers of 32 bits in 8 or 16, floats with white at 1."""
    if image.format == "float":
        scaled = image if white == 1 else image / white
        # The press's profile knows integers alone.
        return (scaled * 65535).rint().cast("ushort") if image.interpretation == "cmyk" else scaled
    if white == 255:
        return image.cast("uchar")
    if white == 65535:
        return image.cast("ushort")
    notes.add("Integers of 32 bits are reduced to 16 bits.")
    return (image >> 16).cast("ushort")
