"""spandrel, imported when a community checkpoint is to be read.

It imports torchvision for two architectures that fill holes and rebuild faces, which no filter here runs. A
torchvision that is missing, or built for another torch than the installed one, must not keep the other forty
from being read; so a stand-in takes its place while spandrel is imported.
"""

from __future__ import annotations

import functools
import importlib
import sys
import types
from typing import Any

from ..errors import ExportError

_NEEDED = {
    "torchvision": (),
    "torchvision.transforms": (),
    "torchvision.transforms.functional": ("InterpolationMode", "normalize", "rotate"),
}


@functools.cache
def spandrel() -> Any:
    """The spandrel package.

    Raises:
        ExportError: it is not installed.
    """
    absent = not _imports("torchvision.transforms.functional")
    if absent:
        sys.modules.update(_stand_ins())
    try:
        return importlib.import_module("spandrel")
    except ImportError as error:
        raise ExportError(
            f"Community checkpoints need spandrel ({error}): pip install 'unfade[community]'."
        ) from error
    finally:
        if absent:
            for name in _NEEDED:
                del sys.modules[name]


def architecture_names() -> list[str]:
    """What spandrel recognises, by name."""
    return sorted({support.architecture.name for support in spandrel().MAIN_REGISTRY}, key=str.lower)


def _imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    except (ImportError, RuntimeError):  # RuntimeError: its operators do not load beside this torch
        for module in [module for module in sys.modules if module.split(".")[0] == "torchvision"]:
            del sys.modules[module]
        return False
    return True


def _stand_ins() -> dict[str, types.ModuleType]:
    modules = {name: types.ModuleType(name) for name in _NEEDED}
    for name, module in modules.items():
        for attribute in _NEEDED[name]:
            setattr(module, attribute, None)  # called by architectures that are refused before they run
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, module)
    return modules
