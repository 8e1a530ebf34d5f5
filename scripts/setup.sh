#!/bin/sh
# Make .venv ready.
#   scripts/setup.sh base   what the filters need: no torch, about 600 MB
#   scripts/setup.sh dev    that, and what the tests, the training and the export need: torch, ruff, mypy, pytest
# Ends at once when pyproject.toml, constraints.txt and this folder's place are those of the last set-up.
# Missing system packages are installed through apt where root or sudo is there; elsewhere one sentence names them.
set -eu
level=$1
cd "$(dirname "$0")/.."
python=.venv/bin/python

say() { printf 'unfade: %s\n' "$*"; }
die() { printf 'unfade: %s\n' "$*" >&2; exit 1; }

# The interpreter -----------------------------------------------------------------------------------------------------

supported() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    echo "$PYTHON"
    return
  fi
  for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
    if supported "$candidate"; then echo "$candidate"; return; fi
  done
  return 1
}

# System packages -----------------------------------------------------------------------------------------------------

# Debian's names of what is missing for this level.
missing_packages() {
  if ! has_venv; then
    if ! chosen=$(find_python); then
      echo python3 python3-venv
    elif ! "$chosen" -c 'import ensurepip, venv' 2>/dev/null; then
      "$chosen" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
  fi
  [ "$level" = base ] || [ "$(uname -s)" != Linux ] || qt_packages | sort -u
}

# What PyQt6 loads, by the file it looks for, and one font to draw letters with. Those of X are wanted without a screen
# too: where one of them is missing, Qt cannot even find out that there is no display.
qt_packages() {
  known=$(/sbin/ldconfig -p 2>/dev/null || ldconfig -p)
  while read -r library package; do
    case $known in *"$library "*) ;; *) echo "$package" ;; esac
  done <<LIBRARIES
libEGL.so.1 libegl1
libGL.so.1 libgl1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libgthread-2.0.so.0 libglib2.0-0
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libxcb.so.1 libxcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render.so.0 libxcb-render0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
LIBRARIES
  font=$(find /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' 2>/dev/null | head -n 1)
  [ -n "$font" ] || echo fonts-dejavu-core
}

can_become_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null || return 1
  [ -t 0 ] || sudo -n true 2>/dev/null # without a terminal nobody can type the password
}

as_root() { if [ "$(id -u)" = 0 ]; then env "$@"; else sudo env "$@"; fi; }

install_packages() {
  if ! command -v apt-get >/dev/null; then
    die "system packages are missing; install what Debian calls $*, then type the same command again."
  elif ! can_become_root; then
    die "system packages are missing; have root type \`apt-get install $*\`, then type the same command again."
  fi
  say "installing $* through apt"
  as_root apt-get update -q >/dev/null || say "the package lists could not be updated; going on with those at hand"
  as_root DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "$@" >/dev/null || die "apt-get could not install $*; its own messages stand above."
}

# The virtual environment ---------------------------------------------------------------------------------------------

key() { cat pyproject.toml constraints.txt scripts/setup.sh | cksum; pwd; }
done_already() { has_venv && [ "$(cat ".venv/unfade-$1" 2>/dev/null)" = "$(key)" ]; }
has_venv() { supported "$python" && [ -e .venv/bin/pip ]; }
pip() { "$python" -m pip --disable-pip-version-check "$@"; }

prepare() {
  missing=$(missing_packages)
  # shellcheck disable=SC2086 # a list of packages
  [ -z "$missing" ] || install_packages $missing
  has_venv && return
  chosen=$(find_python) ||
    die "no Python 3.10 to 3.13 found; install one, and name it with PYTHON= if it is not called python3."
  say "making .venv with $("$chosen" -V)"
  "$chosen" -m venv --clear .venv
}

install_base() {
  prepare
  say "installing what the filters need into .venv (once; 0.8 GB on disk)"
  pip install -q -e . -c constraints.txt
  key >.venv/unfade-base
}

install_dev() {
  prepare
  # torch first and by itself: so pip takes a CPU build where its settings (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL) offer
  # one; the default Linux build works too, and brings several GB of CUDA along.
  say "installing torch and the development tools into .venv (once)"
  pip install -q "$(grep '^torch==' constraints.txt)" -c constraints.txt
  pip install -q -e '.[dev]' -c constraints.txt
  key >.venv/unfade-dev
}

[ -z "${PYTHON:-}" ] || supported "$PYTHON" || die "PYTHON=$PYTHON is not a Python 3.10 to 3.13 that runs here."
case $level in
  base) done_already base || done_already dev || install_base ;;
  dev) done_already dev || install_dev ;;
  *) die "scripts/setup.sh takes base or dev." ;;
esac
