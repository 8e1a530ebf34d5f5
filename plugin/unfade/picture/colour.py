"""ICC profiles: pixels converted to sRGB and back, which profile fits which pixels, profiles made from tags.

All conversions are relative colorimetric with black point compensation.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import logging
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from unfade.picture import scratch
from unfade.picture.matrix_profile import MatrixProfile, matrix_profile
from unfade.picture.picture import Notes, Picture, from_vips, to_float, to_vips, vips, with_dtype

_log = logging.getLogger(__name__)

ICC_FIELD = "icc-profile-data"
"""Where a libvips image keeps its profile."""

_STRIP_PIXELS = 2**22
_SRGB_TOLERANCE = 1 / 255  # a profile that moves no colour by more is sRGB's
_CHROMATICITY_TOLERANCE = 0.002
_GAMMA_TOLERANCE = 500  # of 100,000
_INTENT = {"intent": "relative", "black_point_compensation": True}

Chromaticities = Sequence[float]
"""x and y of white, red, green and blue, as PNG orders them."""

_D65 = (0.3127, 0.3290)
_PRIMARIES: dict[int, Chromaticities] = {  # ITU-T H.273, table 2
    1: (*_D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060),  # BT.709 and sRGB
    4: (0.310, 0.316, 0.670, 0.330, 0.210, 0.710, 0.140, 0.080),  # BT.470 M
    5: (*_D65, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060),  # BT.470 BG
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),  # SMPTE 170M
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),  # SMPTE 240M
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),  # BT.2020
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # DCI P3
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),  # Display P3
}
# Curves from values to light: an exponent, or exponent, scale, offset, slope and end of the line near black.
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_VIDEO_CURVE = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES: dict[int, Sequence[float]] = {  # ITU-T H.273, table 3
    **dict.fromkeys((1, 6, 14, 15), _VIDEO_CURVE),
    4: (2.2,),
    5: (2.8,),
    8: (1.0,),
    13: _SRGB_CURVE,
}
_SRGB_LIKE = frozenset({"srgb", "rgb", "rgb16", "scrgb"})
_GRAY_LIKE = frozenset({"b-w", "grey16", "multiband"})


def is_profile_for(icc: bytes, gray: bool) -> bool:
    """Whether it is an ICC profile of gray pixels, or of RGB ones."""
    return icc[16:20] == (b"GRAY" if gray else b"RGB ") and icc[36:40] == b"acsp"


@functools.lru_cache(maxsize=16)
def is_usable(icc: bytes, gray: bool) -> bool:
    """Whether pixels, gray or RGB, can be converted from the profile."""
    sample = np.zeros((1, 1, 1 if gray else 3), np.uint16)
    return is_profile_for(icc, gray) and to_srgb(sample, icc) is not None


@functools.lru_cache(maxsize=16)
def is_linear(icc: bytes | None) -> bool:
    """Whether values of the profile are linear light: its curves are straight (ICC.1:2010, 10.5, 10.15)."""
    if icc is None or len(icc) < 132:
        return False
    count = min(int.from_bytes(icc[128:132], "big"), 100)
    curves = []
    for start in range(132, 132 + 12 * count, 12):
        tag, at = icc[start : start + 4], int.from_bytes(icc[start + 4 : start + 8], "big")
        if tag in (b"rTRC", b"gTRC", b"bTRC", b"kTRC"):
            curves.append(_is_straight(icc[at:]))
    return bool(curves) and all(curves)


def _is_straight(curve: bytes) -> bool:
    """Whether a curve tag, and what follows it in the profile, begins with one that leaves values alone."""
    if curve[:4] == b"para":  # an exponent alone, of 1
        return curve[8:10] == bytes(2) and curve[12:16] == (1 << 16).to_bytes(4, "big")
    if curve[:4] != b"curv":
        return False
    count = int.from_bytes(curve[8:12], "big")
    if len(curve) < 12 + 2 * count:
        return False
    values = np.frombuffer(curve, ">u2", count, 12).astype(np.float64)
    if count < 2:
        return count == 0 or bool((values == 256).all())  # the exponent, in 256ths
    return bool(np.abs(values - np.linspace(0, 65535, count)).max() <= 1)


@functools.lru_cache(maxsize=16)
def is_srgb(icc: bytes, gray: bool) -> bool:
    """Whether the profile leaves a sample of colours where they are; False for one that cannot be used."""
    steps = np.linspace(0, 65535, 33 if gray else 6).astype(np.uint16)
    sample = np.array(list(itertools.product(steps, repeat=1 if gray else 3)), np.uint16)[None]
    converted = to_srgb(sample, icc)
    if converted is None:
        return False
    return float(np.abs(to_float(converted) - to_float(sample)).max()) <= _SRGB_TOLERANCE


def to_srgb(colour: NDArray[Any], icc: bytes, dtype: DTypeLike | None = None) -> NDArray[Any] | None:
    """HW1 or HW3 pixels of a profile as sRGB, or on sRGB's curve if they are gray.

    Args:
        colour: uint8, uint16 or float32 in [0, 1].
        icc: their profile.
        dtype: of the result, by default that of `colour`. Rounded once, to it. Beyond 8 bits exact for
            profiles of a matrix and curves; through others floats pass with 16 bits.

    Returns:
        The converted pixels; None where libvips refuses the profile.
    """
    dtype = colour.dtype if dtype is None else np.dtype(dtype)
    exact = _exact(icc, colour, dtype)
    return exact.to_srgb(colour, dtype) if exact else _transformed(colour, dtype, "srgb", icc)


def from_srgb(colour: NDArray[Any], icc: bytes, dtype: DTypeLike | None = None) -> NDArray[Any] | None:
    """sRGB pixels as values of a profile: the inverse of :func:`to_srgb`, with the same arguments."""
    dtype = colour.dtype if dtype is None else np.dtype(dtype)
    exact = _exact(icc, colour, dtype)
    if exact:
        return exact.from_srgb(colour, dtype)
    import tempfile  # here, because importing the package must not pay for it

    # libvips takes the target from a file alone, unless it converts through float Lab, ten times slower.
    with tempfile.TemporaryDirectory(prefix="unfade-") as folder:
        path = Path(folder) / "profile.icc"
        path.write_bytes(icc)
        return _transformed(colour, dtype, str(path))


def as_srgb(picture: Picture, dtype: DTypeLike | None = None) -> Picture:
    """The picture with values in sRGB, or on sRGB's curve if it is gray; itself where they are that already.

    Once converted it has no profile. A profile that cannot be used is left out, with a warning in the log.

    Args:
        picture: with or without a profile.
        dtype: of the result, by default the picture's own. To convert 8 bits there and back with one
            rounding, ask for 16 here and for 8 in :func:`in_profile`.
    """
    dtype = picture.pixels.dtype if dtype is None else np.dtype(dtype)
    icc, gray = picture.metadata.icc, picture.is_gray
    fits = icc is not None and is_profile_for(icc, gray)
    if icc is None or (fits and is_srgb(icc, gray)):
        return _recast(picture, dtype)
    converted = to_srgb(picture.colour, icc, dtype) if fits else None
    if converted is None:
        _log.warning("The colour profile cannot be used for these pixels; they are taken for sRGB.")
        pixels = with_dtype(picture.pixels, dtype)
    else:
        pixels = _with_alpha(converted, picture.alpha)
    return Picture(pixels, dataclasses.replace(picture.metadata, icc=None))


def in_profile(picture: Picture, icc: bytes | None, dtype: DTypeLike | None = None) -> Picture:
    """An sRGB picture with values of a profile, which it then carries: the inverse of :func:`as_srgb`.

    It stays in sRGB, without a profile, where `icc` is None, describes other pixels (gray or RGB), or is
    refused by libvips.
    """
    dtype = picture.pixels.dtype if dtype is None else np.dtype(dtype)
    if icc is not None and is_profile_for(icc, picture.is_gray):
        metadata = dataclasses.replace(picture.metadata, icc=icc)
        if is_srgb(icc, picture.is_gray):
            return Picture(with_dtype(picture.pixels, dtype), metadata)
        converted = from_srgb(picture.colour, icc, dtype)
        if converted is not None:
            return Picture(_with_alpha(converted, picture.alpha), metadata)
    return _recast(picture, dtype)


def matching_profile(icc: bytes | None, gray: bool, notes: Notes) -> bytes | None:
    """The ICC profile, without padding, if it can be used for such pixels; else None, with a note.

    A profile of another kind (a gray one on a colorized picture) makes the file invalid.
    """
    if not icc:
        return None
    size = int.from_bytes(icc[:4], "big")
    icc = icc[:size] if size >= 128 else icc  # some writers pad, and encoders refuse that
    if not is_profile_for(icc, gray) and icc[36:40] == b"acsp":
        title = "gray" if gray else "RGB"
        space = icc[16:20].decode("latin-1").strip()
        notes.add(f"The colour profile is for {space}, not for {title} pixels, and is left out.")
        return None
    if size > len(icc) or not is_profile_for(icc, gray) or not _is_usable(icc, gray):
        notes.add("The colour profile is damaged and is left out.")
        return None
    return icc


@functools.lru_cache(maxsize=16)
def _is_usable(icc: bytes, gray: bool) -> bool:
    return to_srgb(np.zeros((1, 1, 1 if gray else 3), np.uint8), icc) is not None


def profile_of_png(chunks: Mapping[bytes, bytes], gray: bool, notes: Notes) -> bytes | None:
    """An ICC profile for what a PNG's cICP, or gAMA and cHRM chunks say of its colours; None for sRGB.

    As PNG (third edition, section 4.3) has it, cICP comes before an embedded profile, and that and sRGB
    before the others; the caller takes an embedded one where this gives None.
    """
    cicp = chunks.get(b"cICP", b"")
    if len(cicp) == 4:
        if cicp[2] == 0 and cicp[3] == 1 and 2 not in cicp[:2]:
            return profile_of_code_points(cicp[0], cicp[1], gray, notes)
        notes.add(f"Its colours (cICP {tuple(cicp)}) are not known and are left as they are.")
    if b"iCCP" in chunks or b"sRGB" in chunks:
        return None
    gamma = int.from_bytes(chunks.get(b"gAMA", b"")[:4], "big")
    points = chunks.get(b"cHRM", b"")
    primaries = _PRIMARIES[1]
    if len(points) == 32 and not gray:
        found = [value / 100_000 for value in struct.unpack(">8I", points)]
        if np.abs(np.subtract(found, primaries)).max() > _CHROMATICITY_TOLERANCE:
            primaries = found
    # The exponent 1 / 2.2 beside sRGB's primaries is what programs write for sRGB.
    if primaries is _PRIMARIES[1] and (gamma == 0 or abs(gamma - 45_455) <= _GAMMA_TOLERANCE):
        return None
    try:
        return made_profile(primaries, (100_000 / gamma,) if gamma else _SRGB_CURVE, gray)
    except (ArithmeticError, np.linalg.LinAlgError, struct.error):
        notes.add("Its gAMA and cHRM chunks make no sense and are left out.")
        return None


def profile_of_code_points(primaries: int, curve: int, gray: bool, notes: Notes) -> bytes | None:
    """An ICC profile for colours told by numbers (ITU-T H.273, as in PNG, AVIF and HEIC); None for sRGB."""
    unspecified = 2
    if unspecified in (primaries, curve):
        return None
    points, shape = _PRIMARIES.get(primaries), _CURVES.get(curve)
    if points is None or shape is None:
        notes.add(
            f"Its colours (primaries {primaries}, curve {curve}) are not known and are left as they are."
        )
        return None
    srgb = (gray or primaries == 1) and shape is _SRGB_CURVE
    return None if srgb else made_profile(points, shape, gray)


def made_profile(chromaticities: Chromaticities, curve: Sequence[float], gray: bool) -> bytes:
    """An ICC profile (version 4, matrix and curves) of the given colour space (ICC.1:2010).

    Args:
        chromaticities: of white, red, green and blue.
        curve: from values to linear light: (exponent,), or (g, a, b, c, d) for (a x + b) ** g from d on and
            c x below.
        gray: for gray pixels; only the curve counts.

    Raises:
        ArithmeticError, numpy.linalg.LinAlgError, struct.error: for chromaticities of no colour space.
    """

    def fixed(values: Any) -> bytes:
        numbers = np.rint(np.ravel(values) * 65536).astype(np.int64)
        return struct.pack(f">{len(numbers)}i", *(int(n) for n in numbers))

    def text(words: str) -> bytes:
        encoded = words.encode("utf-16-be")
        return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded

    d50 = (0xF6D6 / 0x10000, 1.0, 0xD32D / 0x10000)
    shape = b"para" + struct.pack(">4xHxx", 0 if len(curve) == 1 else 3) + fixed(curve)
    tags = {b"desc": text("Colours of the file"), b"cprt": text("CC0"), b"wtpt": b"XYZ \0\0\0\0" + fixed(d50)}
    if gray:
        tags[b"kTRC"] = shape
    else:
        xy = np.reshape(chromaticities, (4, 2)).astype(np.float64)
        if not (xy[:, 1] > 0).all():
            raise ArithmeticError("a chromaticity of y = 0")
        white, *colours = np.column_stack((xy, 1 - xy.sum(1))) / xy[:, 1:]
        matrix = np.transpose(colours)
        matrix *= np.linalg.solve(matrix, white)
        bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
        adapted = np.linalg.inv(bradford) @ np.diag((bradford @ d50) / (bradford @ white)) @ bradford
        tags[b"chad"] = b"sf32\0\0\0\0" + fixed(adapted)
        for name, column in zip((b"r", b"g", b"b"), (adapted @ matrix).T, strict=True):
            tags[name + b"XYZ"], tags[name + b"TRC"] = b"XYZ \0\0\0\0" + fixed(column), shape
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(
        ">I4xI4s4s4s6H4s28x",
        *(128 + len(table) + len(data), 0x04300000, b"mntr", b"GRAY" if gray else b"RGB ", b"XYZ "),
        *(2000, 1, 1, 0, 0, 0),  # a date there must be
        b"acsp",
    )
    return head + fixed(d50) + bytes(48) + table + data


def linear_profile(gray: bool) -> bytes:
    """An ICC profile of linear light with sRGB's primaries."""
    return made_profile(_PRIMARIES[1], (1.0,), gray)


def as_gray_or_rgb(image: Any, notes: Notes) -> Any:
    """A libvips image with 1 to 4 channels of gray or RGB, alpha last.

    CMYK goes through its embedded profile, or through libvips' own CMYK profile (a coated press) where there
    is none; the result is sRGB and carries no profile. Lab and its like become sRGB by formula.
    """
    kind = image.interpretation
    if kind == "cmyk":
        return _cmyk_as_srgb(image, notes)
    if kind in _SRGB_LIKE or kind in _GRAY_LIKE:
        return image
    deep = image.format != "uchar"
    return without_profile(image.colourspace("rgb16" if deep else "srgb"))


def with_profile(image: Any, icc: bytes) -> Any:
    """The libvips image with an embedded profile."""
    image = image.copy()
    image.set_type(vips().GValue.blob_type, ICC_FIELD, icc)
    return image


def without_profile(image: Any) -> Any:
    """The libvips image without its embedded profile."""
    image = image.copy()
    if image.get_typeof(ICC_FIELD):
        image.remove(ICC_FIELD)
    return image


def embedded_to_srgb(image: Any) -> Any:
    """The libvips image through its embedded profile to sRGB, without it. Raises pyvips.Error."""
    return without_profile(image.icc_transform("srgb", embedded=True, **_INTENT))


def ycbcr_to_rgb(
    image: Any, coefficients: Sequence[float] | None = None, reference: Sequence[float] | None = None
) -> Any:
    """A libvips image of Y, Cb and Cr (and further channels) as RGB of the same depth (TIFF 6.0, section 21).

    Args:
        image: integers of 8 or 16 bits, chroma as large as luma.
        coefficients: the shares of red, green and blue in luma; by default those of Rec. 601.
        reference: black and white of luma, then zero and the largest value of either chroma; by default the
            full range.
    """
    sound = coefficients and len(coefficients) == 3 and min(coefficients) > 0
    red, green, blue = coefficients if coefficients and sound else (0.299, 0.587, 0.114)
    peak = 65535.0 if image.format == "ushort" else 255.0
    half = (peak + 1) / 2
    if not reference or len(reference) != 6 or not all(np.diff(reference)[::2]):
        reference = (0, peak, half, peak, half, peak)
    black, zero = reference[0], (reference[2], reference[4])
    luma = peak / (reference[1] - black)
    chroma = [(half - 1) / (reference[2 * i + 3] - zero[i]) for i in (0, 1)]
    cb, cr = (2 - 2 * blue) * chroma[0], (2 - 2 * red) * chroma[1]
    matrix = [[luma, 0, cr], [luma, -cb * blue / green, -cr * red / green], [luma, cb, 0]]
    centred = image.extract_band(0, n=3).linear([1, 1, 1], [-black, -zero[0], -zero[1]])
    rgb = centred.recomb(vips().Image.new_from_array(matrix)).rint().cast(image.format)
    if image.bands > 3:
        rgb = rgb.bandjoin(image.extract_band(3, n=image.bands - 3))
    return rgb.copy(interpretation="rgb16" if image.format == "ushort" else "srgb")


def _cmyk_as_srgb(image: Any, notes: Notes) -> Any:
    options = {**_INTENT, "input_profile": "cmyk", "depth": 16 if image.format == "ushort" else 8}
    try:
        converted = image.icc_transform("srgb", embedded=True, **options)
    except vips().Error:
        notes.add("The CMYK profile cannot be used; a general one takes its place.")
        converted = without_profile(image).icc_transform("srgb", **options)
    return without_profile(converted)


def _exact(icc: bytes, colour: NDArray[Any], dtype: np.dtype[Any]) -> MatrixProfile | None:
    """The profile to compute with where 8 bits are not enough, if it is one of a matrix and curves."""
    return None if colour.dtype == dtype == np.uint8 else matrix_profile(icc, colour.shape[2] == 1)


def _transformed(
    colour: NDArray[Any], dtype: np.dtype[Any], target: str, icc: bytes | None = None
) -> NDArray[Any] | None:
    """HW1 or HW3 pixels of profile `icc` (None: sRGB) in profile `target` (libvips' name, or a file)."""
    rows = max(1, _STRIP_PIXELS // colour.shape[1])
    if len(colour) <= rows:
        return _transformed_strip(colour, dtype, target, icc)
    out = scratch.empty(colour.shape, dtype)
    for y in range(0, len(colour), rows):
        strip = _transformed_strip(colour[y : y + rows], dtype, target, icc)
        if strip is None:
            return None
        out[y : y + rows] = strip
        scratch.let_go()
    return out


def _transformed_strip(
    colour: NDArray[Any], dtype: np.dtype[Any], target: str, icc: bytes | None
) -> NDArray[Any] | None:
    gray = colour.shape[2] == 1
    data = with_dtype(colour, np.uint16) if colour.dtype == np.float32 else colour
    if gray and icc is None:
        data = np.repeat(data, 3, axis=2)  # libvips' sRGB profile takes RGB alone
    image = to_vips(np.ascontiguousarray(data))
    # Both at once would let sRGB take the place of an embedded profile that is refused.
    source = {"input_profile": "srgb"} if icc is None else {"embedded": True}
    if icc is not None:
        image = with_profile(image, icc)
    try:
        moved = image.icc_transform(target, depth=8 if dtype == np.uint8 else 16, **source, **_INTENT)
        if gray and moved.bands > 1:
            moved = moved[1]  # gray in all three; green is rounded the least
        return with_dtype(from_vips(moved), dtype)
    except vips().Error as error:
        _log.info("%s", error)
        return None


def _with_alpha(colour: NDArray[Any], alpha: NDArray[Any] | None) -> NDArray[Any]:
    if alpha is None:
        return colour
    height, width, channels = colour.shape
    pixels = scratch.empty((height, width, channels + 1), colour.dtype)
    rows = max(1, _STRIP_PIXELS // width)
    for y in range(0, height, rows):
        pixels[y : y + rows, :, :channels] = colour[y : y + rows]
        pixels[y : y + rows, :, channels] = with_dtype(alpha[y : y + rows], colour.dtype)
        scratch.let_go()
    return pixels


def _recast(picture: Picture, dtype: np.dtype[Any]) -> Picture:
    pixels = with_dtype(picture.pixels, dtype)
    return picture if pixels is picture.pixels else Picture(pixels, picture.metadata)
