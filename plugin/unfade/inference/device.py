"""Device: what the user asks the models to run on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from unfade.errors import UsageError


class DeviceKind(str, Enum):
    """The kinds of processor a model can run on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"
    COREML = "coreml"
    DIRECTML = "directml"


@dataclass(frozen=True)
class Device:
    """A kind of processor and, for CUDA and TensorRT, which one of them."""

    kind: DeviceKind
    index: int = 0

    AUTO: ClassVar[Device]
    """The fastest that works here."""
    CPU: ClassVar[Device]

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read ``auto``, ``cpu``, ``cuda``, ``tensorrt`` (``cuda:N`` for the Nth), ``coreml``, ``directml``.

        Raises:
            UsageError: for anything else.
        """
        name, colon, number = text.strip().lower().partition(":")
        try:
            kind = DeviceKind(name)
        except ValueError:
            kind = None
        numbered = kind in (DeviceKind.CUDA, DeviceKind.TENSORRT)
        if kind is None or (colon and not (numbered and re.fullmatch(r"[0-9]{1,3}", number))):
            raise UsageError(
                f"There is no device {text!r}: use auto, cpu, cuda, cuda:N (N counts GPUs from 0), "
                "tensorrt, coreml or directml."
            )
        return cls(kind, int(number) if colon else 0)

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.index}" if self.index else self.kind.value


Device.AUTO = Device(DeviceKind.AUTO)
Device.CPU = Device(DeviceKind.CPU)
