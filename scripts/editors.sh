#!/usr/bin/env bash
# `make test-editors`: the plug-ins inside the real GIMP and the real Krita, with the engine installed as a user installs it.
# ARGS goes to pytest. Needs root; without it, it says so and ends well.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "unfade: the tests inside GIMP and Krita were left out: they need root on Debian or Ubuntu, for a chroot." >&2
  exit 0
fi
sh scripts/setup.sh dev
code=0
root=$(bash scripts/editors-root.sh) || code=$?
if [ $code = 77 ]; then
  echo "unfade: the tests inside GIMP and Krita were left out, for the reason above." >&2
  exit 0
fi
[ $code = 0 ] || exit $code
inside() { chroot "$root" env -i HOME=/root LANG=C.UTF-8 PATH=/usr/bin:/bin "$@"; }

# The engine in its own environment, on the editors' Python: dependencies once, Unfade itself every time.
# shellcheck source=scripts/debian-root.sh
. scripts/debian-root.sh
mapfile -t ways_out < <(ways_out)
wheels=$root/opt/wheels
rm -rf "$wheels"
.venv/bin/python -m hatchling build -t wheel -d "$wheels" >/dev/null
wheel=/opt/wheels/$(basename "$wheels"/*.whl)
key=$(sed -n '/^dependencies/,/^]/p' pyproject.toml | cat - constraints.txt | cksum)
if [ "$(cat "$root/opt/unfade/key" 2>/dev/null)" != "$key" ]; then
  echo "unfade: installing Unfade in $root/opt/unfade (once)" >&2
  inside python3 -m venv --clear /opt/unfade
  cp constraints.txt "$wheels/"
  inside "${ways_out[@]}" /opt/unfade/bin/pip install -q "$wheel" -c /opt/wheels/constraints.txt
  echo "$key" >"$root/opt/unfade/key"
else
  inside "${ways_out[@]}" /opt/unfade/bin/pip install -q --no-deps --force-reinstall "$wheel"
fi

# No xdist: there is one screen and one pair of hands.
# shellcheck disable=SC2086 # ARGS is a list of options
UNFADE_EDITORS_ROOT=$root exec .venv/bin/python -m pytest tests/editors -p no:xdist ${ARGS:-}
