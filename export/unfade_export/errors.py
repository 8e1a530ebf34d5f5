"""Errors of the export package, as one sentence for whoever asked for the model."""

from __future__ import annotations


class ExportError(Exception):
    """Which check failed, by how much, and what to do. Nothing has been written when this is raised."""
