#!/usr/bin/env bash
# A Debian 13 root with the real GIMP 3 and Krita in it, for the tests in tests/editors.
#   scripts/editors-root.sh          builds it the first time (about 3 minutes, 2.3 GB), mounts what it needs, prints where it is
#   scripts/editors-root.sh --down   unmounts; do this before you remove the folder
# It lies outside of the checkout, in UNFADE_EDITORS_ROOT or ~/.cache/unfade/editors-root. Needs root, on Debian or Ubuntu.
# Exit code 77: it cannot be had here (no way to mount, or nothing can be downloaded), and a sentence says why.
set -euo pipefail
root=$(realpath -m "${UNFADE_EDITORS_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/unfade/editors-root}")
release=${UNFADE_EDITORS_RELEASE:-trixie} # of Debian; another one wants a root of its own
# shellcheck source=scripts/debian-root.sh
. "$(dirname "$0")/debian-root.sh"

build() {
  command -v apt-get >/dev/null || die "the editors' root can only be built on Debian or Ubuntu."
  say "building a Debian $release with GIMP and Krita in $root (once; about 3 minutes and 2.3 GB)"
  bootstrap
  # Editors; then a screen and hands; then what PyQt6 loads on a screen.
  apt chroot "$root" env LANG=C.UTF-8 apt-get install --no-install-recommends \
    gimp python3-gi gir1.2-gimp-3.0 gir1.2-gegl-0.4 krita python3-pyqt5 python3-venv python3-pip \
    xvfb xauth dbus dbus-x11 openbox xdotool imagemagick fonts-dejavu-core \
    libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 ||
    unavailable "GIMP and Krita cannot be fetched here."
  chroot "$root" apt-get clean
  copy_settings
  touch "$root/.unfade-ready"
}

[ "$(id -u)" = 0 ] || die "the editors' root needs root: it is a chroot."
if [ "${1:-}" = --down ]; then
  mounts unmount_one
  exit
fi
check_mounting
[ -e "$root/.unfade-ready" ] || build
mounts mount_one
echo "$root"
