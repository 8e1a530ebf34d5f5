"""``python -m unfade``: the command line."""

import sys

from unfade.cli import main

if __name__ == "__main__":
    sys.exit(main())
