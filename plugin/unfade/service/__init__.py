"""The engine behind an editor or a window: framed requests over stdin and stdout (docs/service.md).

``server.py`` is the engine, ``host`` in the window's package the window in its place, and ``client.py`` what
speaks to either: it stands alone, a standard-library module that is copied into editors.
"""
