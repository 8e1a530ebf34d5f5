"""The engine behind an editor or a window: framed requests over stdin and stdout (docs/service.md).

``client.py`` stands alone: a standard-library module that is copied into editors.
"""

from unfade.service.server import SERVICE_TILE, serve

__all__ = ["SERVICE_TILE", "serve"]
