"""libvips, imported when the first picture is read or written and set up for one pass over each file."""

from __future__ import annotations

import functools
import logging
from typing import Any


@functools.cache
def vips() -> Any:
    """The pyvips module. Its cache of operations is off: it would keep files open and pictures alive.

    Its log (what libvips says of odd files) goes only to those who set up logging, not to the terminal.
    """
    import pyvips

    logging.getLogger("pyvips").addHandler(logging.NullHandler())
    pyvips.cache_set_max(0)
    return pyvips
