"""The engine: models run by ONNX Runtime on the best processor there is, honestly reported."""

from unfade.engine.device import Device, DeviceKind
from unfade.engine.engine import DEFAULT_TILE, Engine
from unfade.engine.failures import OutOfMemory
from unfade.engine.providers import ProviderStatus, provider_chain, provider_label, survey
from unfade.engine.session import Session

__all__ = [
    "DEFAULT_TILE",
    "Device",
    "DeviceKind",
    "Engine",
    "OutOfMemory",
    "ProviderStatus",
    "Session",
    "provider_chain",
    "provider_label",
    "survey",
]
