"""What a helper needs to know about an installation: versions, devices, models, and where things are."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib import metadata

from unfade import __version__, paths
from unfade.errors import UnfadeError
from unfade.inference import Device, Session, provider_label
from unfade.inference.devices import CPU, CUDA, PREFERENCE, WHERE, find_driver, obstacle_to_cuda
from unfade.inference.runtime import onnxruntime
from unfade.log import log_file
from unfade.models import Model, list_models

_PACKAGES = ("onnxruntime-gpu", "onnxruntime", "onnxruntime-directml", "numpy", "pillow", "pyvips", "PyQt6")


@dataclass(frozen=True)
class ProviderStatus:
    """What ``unfade doctor`` tells of one provider."""

    provider: str
    label: str
    usable: bool
    note: str
    """Which processor it is, or why it cannot be used and what to do."""


@dataclass(frozen=True)
class ModelCheck:
    """One model, and what happened when it was opened."""

    name: str
    path: str
    source: str
    runs_on: str | None
    """Name of the provider, None where it cannot be opened."""
    note: str | None
    """Why not, or why not on the GPU."""


@dataclass(frozen=True)
class Examination:
    """The whole of it; the fields are the keys of ``unfade doctor --json``."""

    versions: dict[str, str]
    devices: tuple[ProviderStatus, ...]
    models: tuple[ModelCheck, ...]
    places: dict[str, str]

    @property
    def healthy(self) -> bool:
        """Whether there are models and all of them can be opened."""
        return bool(self.models) and all(check.runs_on for check in self.models)


def examine() -> Examination:
    """Looks at this installation; opens every model on the best device, as a filter would."""
    return Examination(
        versions=_versions(),
        devices=tuple(survey()),
        models=tuple(_check(model) for model in list_models()),
        places={"models": str(paths.models_dir()), "log": str(log_file())},
    )


def survey() -> list[ProviderStatus]:
    """What this machine offers, the most wanted first, without opening a model."""
    available = onnxruntime().get_available_providers()
    found = []
    for provider in PREFERENCE:
        label = provider_label(provider)
        if provider not in available:
            found.append(ProviderStatus(provider, label, False, WHERE[provider]))
        elif provider == CUDA:
            obstacle = obstacle_to_cuda(0)
            driver = find_driver()
            names = ", ".join(gpu.name for gpu in driver.gpus) if driver else ""
            note = names if obstacle is None else f"{obstacle.reason}: {obstacle.remedy}"
            found.append(ProviderStatus(provider, label, obstacle is None, note))
        else:
            found.append(ProviderStatus(provider, label, True, ""))
    return [*found, ProviderStatus(CPU, provider_label(CPU), True, "")]


def _versions() -> dict[str, str]:
    found = {
        "unfade": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "executable": sys.executable,
    }
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _check(model: Model) -> ModelCheck:
    try:
        session = Session.open(model.path, Device.AUTO)
    except UnfadeError as error:
        return ModelCheck(model.card.name, str(model.path), model.source.value, None, str(error))
    runs_on = provider_label(session.provider)
    return ModelCheck(model.card.name, str(model.path), model.source.value, runs_on, session.fallback)
