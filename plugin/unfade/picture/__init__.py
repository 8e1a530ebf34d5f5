"""Pictures: reading and writing files, and the pixel work that filters share."""

from unfade.picture.convert import from_float, peak_of, to_float
from unfade.picture.fill import fill_transparent
from unfade.picture.formats import OUTPUT_FORMATS, PICTURE_SUFFIXES
from unfade.picture.picture import Metadata, Picture
from unfade.picture.reading import DEFAULT_MAX_PIXELS, read_picture
from unfade.picture.resize import Kernel, resize, resized_strips
from unfade.picture.writing import write_picture

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "OUTPUT_FORMATS",
    "PICTURE_SUFFIXES",
    "Kernel",
    "Metadata",
    "Picture",
    "fill_transparent",
    "from_float",
    "peak_of",
    "read_picture",
    "resize",
    "resized_strips",
    "to_float",
    "write_picture",
]
