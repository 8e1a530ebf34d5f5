"""The command line: ``unfade upscale | models | doctor``."""

from unfade.cli.app import main

__all__ = ["main"]
