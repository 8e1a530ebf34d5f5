"""The preview window; the only package that imports PyQt6."""
