"""The halo on the card against the network itself: how far a changed pixel is seen."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort

from unfade.models import ModelCard

from ..errors import ExportError
from .sessions import outputs_of


def probe_reach(session: ort.InferenceSession, card: ModelCard) -> int:
    """How far, in input pixels, a changed pixel is seen in any output of the real network.

    Impulses are set at every phase of the size multiple, in both directions of the picture at once, on
    several noise pictures. A trained network may reach less far than its structure allows, never farther.

    Raises:
        ExportError: a change is seen beyond the card's halo.
    """
    rng = np.random.default_rng(0)
    halo, multiple = card.halo, card.size_multiple
    side = (2 * halo + 4 * multiple) // multiple * multiple + 2 * multiple
    centre = side // 2 // multiple * multiple
    reach = 0
    for phase in range(multiple):
        picture = rng.random((1, card.inputs[0].channels, side, side), np.float32)
        changed = picture.copy()
        row = column = centre + phase
        changed[..., row, column] = 1 - changed[..., row, column]
        changed[..., row, column] += rng.choice([-4, 4])  # well outside the range, so that the change travels
        for before, after in zip(*(outputs_of(session, card, p) for p in (picture, changed)), strict=True):
            rows, columns = np.nonzero(np.any(before != after, axis=(0, 1)))
            for touched, at in ((rows // card.scale, row), (columns // card.scale, column)):
                if touched.size:
                    reach = max(reach, int(np.abs(touched - at).max()))
    if reach > halo:
        raise ExportError(
            f"Halo: a pixel is seen {reach} pixels away, but the network's structure says {halo}."
        )
    return reach
