"""The user's own models: added, removed and looked after."""

from unfade.models.adding import add_model, remove_model
from unfade.models.download import MOST_BYTES, OnBytes
from unfade.models.verifying import State, Verdict, verify_models

__all__ = ["MOST_BYTES", "OnBytes", "State", "Verdict", "add_model", "remove_model", "verify_models"]
