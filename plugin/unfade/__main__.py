"""``python -m unfade``: the command line."""

from __future__ import annotations

import sys

from unfade.cli import main

if __name__ == "__main__":
    sys.exit(main())
