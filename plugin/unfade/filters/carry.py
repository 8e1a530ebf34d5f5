"""What networks do not know is carried around them: values above 1 and below 0, and linear light.

Networks see values in [0, 1] on a curve like sRGB's. A picture of floats may have highlights above 1 (and
out-of-gamut colours below 0), and one whose profile has no curve would look almost black to them. So the
filter gets values cut off to [0, 1], on sRGB's curve where they are linear; what was cut off is added to its
result again, enlarged with the picture, and linear light is linear again. Where the filter changes nothing,
the picture's own values come back to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from unfade.inference import Bounds, Extent
from unfade.picture import (
    Kernel,
    Picture,
    from_float,
    is_linear,
    linear_to_srgb,
    resize,
    srgb_to_linear,
    to_float,
)

Values = NDArray[np.float32]


class Carried:
    """A picture that a filter cannot be shown as it is.

    Attributes:
        seen: what the filter is shown: floats in [0, 1], with the picture's alpha and metadata.
    """

    def __init__(self, picture: Picture, *, linear: bool) -> None:
        """``linear`` says that the values are linear light; see :func:`must_carry`."""
        self._own, self._linear = picture.colour, linear
        self._values = _on_curve(to_float(self._own)) if linear else self._own
        self._inside = np.clip(self._values, 0, 1)
        alpha = [] if picture.alpha is None else [to_float(picture.alpha)[..., None]]
        self.seen = Picture(np.concatenate((self._inside, *alpha), axis=2), picture.metadata)

    def back(self, made: Picture, inner: Bounds, size: Extent) -> Picture:
        """The picture's result, of its own type, from what the filter made of :attr:`seen`.

        Args:
            made: a part of the filter's result.
            inner: where that part lies in all of the result ...
            size: ... which is so large.
        """
        part = np.s_[inner.y : inner.bottom, inner.x : inner.right]
        colour = made.colour
        if (size.height, size.width) == self._own.shape[:2]:
            own, values, inside = self._own[part], self._values[part], self._inside[part]
            # Not the difference added to the result: the sum would be rounded.
            after = np.where(values == inside, colour, values + (colour - inside))
            colour = np.where(colour == inside, own, self._as_own(after))
        else:
            beyond = resize(self._values - self._inside, (size.height, size.width), Kernel.BILINEAR)
            colour = self._as_own(colour + beyond[part])
        alpha = [] if made.alpha is None else [from_float(made.alpha, self._own.dtype)[..., None]]
        return Picture(np.concatenate((colour, *alpha), axis=2), made.metadata)

    def _as_own(self, values: Values) -> NDArray[Any]:
        if self._linear:
            values = np.copysign(srgb_to_linear(np.abs(values)), values)
        return values if self._own.dtype == np.float32 else from_float(values, self._own.dtype)


def must_carry(picture: Picture, *, by_values: bool) -> Carried | None:
    """What the filter is shown in place of the picture; None where it can be shown the picture.

    ``by_values`` says that the filter works on values whatever colours they are, and needs them on a curve.
    """
    linear = by_values and is_linear(picture.metadata.icc)
    floats = picture.pixels.dtype == np.float32
    if not linear and not (floats and (picture.colour.min() < 0 or picture.colour.max() > 1)):
        return None
    return Carried(picture, linear=linear)


def _on_curve(linear: Values) -> Values:
    """Linear light on sRGB's curve, which goes on above 1 and, mirrored, below 0."""
    return np.copysign(linear_to_srgb(np.abs(linear)), linear)
