"""Where Unfade keeps things on this computer. Nothing is created here."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_APP = "unfade"


def data_dir() -> Path:
    """The user's own data: models added by hand."""
    # appauthor=False: without it Windows would get a folder inside a folder of the same name.
    return platformdirs.user_data_path(_APP, appauthor=False)


def models_dir() -> Path:
    """The user's own models, beside those shipped with the program."""
    return data_dir() / "models"


def shipped_models_dir() -> Path:
    """The models that come with the program."""
    return Path(__file__).parent / "models"


def cache_dir() -> Path:
    """What can be made anew at any time: networks that a provider has compiled."""
    return platformdirs.user_cache_path(_APP, appauthor=False)


def config_dir() -> Path:
    """Settings."""
    return platformdirs.user_config_path(_APP, appauthor=False)


def log_dir() -> Path:
    """Log files."""
    return platformdirs.user_log_path(_APP, appauthor=False)
