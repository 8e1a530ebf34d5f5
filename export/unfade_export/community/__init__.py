"""Checkpoints of the community (OpenModelDB's and others), read by spandrel and exported with a card."""

from .export import UNKNOWN_LICENCE, export_community

__all__ = ["UNKNOWN_LICENCE", "export_community"]
