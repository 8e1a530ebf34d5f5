"""Pictures: reading and writing files, their colours and metadata, and the pixel work that filters share."""

from unfade.picture.colour import (
    as_srgb,
    from_srgb,
    in_profile,
    is_linear,
    is_profile_for,
    is_srgb,
    is_usable,
    to_srgb,
)
from unfade.picture.fill import fill_transparent
from unfade.picture.formats import (
    OUTPUT_FORMATS,
    PICTURE_SUFFIXES,
    Format,
    format_named,
    format_of_suffix,
    written_format_of_suffix,
)
from unfade.picture.inpainting import inpaint
from unfade.picture.lab import (
    Lightness,
    Plane,
    in_gamut,
    lab_of_srgb,
    linear_to_srgb,
    srgb_of_lab,
    srgb_to_linear,
)
from unfade.picture.picture import (
    LARGEST_FLOAT,
    Metadata,
    Picture,
    from_float,
    from_vips,
    peak_of,
    to_float,
    to_vips,
    vips,
    with_dtype,
)
from unfade.picture.read import DEFAULT_MAX_PIXELS, page_count, read_picture
from unfade.picture.resample import Enlarged, GuidedPlanes, Kernel, bilinear, resize, resized_strips, smoothed
from unfade.picture.target import check_output, check_writable
from unfade.picture.write import Encoding, PagesWriter, write_picture

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "LARGEST_FLOAT",
    "OUTPUT_FORMATS",
    "PICTURE_SUFFIXES",
    "Encoding",
    "Enlarged",
    "Format",
    "GuidedPlanes",
    "Kernel",
    "Lightness",
    "Metadata",
    "PagesWriter",
    "Picture",
    "Plane",
    "as_srgb",
    "bilinear",
    "check_output",
    "check_writable",
    "fill_transparent",
    "format_named",
    "format_of_suffix",
    "from_float",
    "from_srgb",
    "from_vips",
    "in_gamut",
    "in_profile",
    "inpaint",
    "is_linear",
    "is_profile_for",
    "is_srgb",
    "is_usable",
    "lab_of_srgb",
    "linear_to_srgb",
    "page_count",
    "peak_of",
    "read_picture",
    "resize",
    "resized_strips",
    "smoothed",
    "srgb_of_lab",
    "srgb_to_linear",
    "to_float",
    "to_srgb",
    "to_vips",
    "vips",
    "with_dtype",
    "write_picture",
    "written_format_of_suffix",
]
