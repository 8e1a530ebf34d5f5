#!/usr/bin/env bash
# The section Install of the README as its readers do it: in a fresh Debian, as a user who is not root, with the commands that
# stand there, first those of the virtual environment, then those of pipx.
#   scripts/try_install.sh              some minutes and 2 GB in TMPDIR or /var/tmp, which are removed at the end
#   scripts/try_install.sh --commands   only says which commands they are
# Exit code 77: it cannot be had here (no root, no way to mount, or nothing can be downloaded), and a sentence says why.
set -euo pipefail
cd "$(dirname "$0")/.."
release=${UNFADE_INSTALL_RELEASE:-trixie} # of Debian
reader=reader                             # who reads the README

section() { sed -n '/^## Install$/,/^## /p' README.md; }
# The cells of the table's row: what is done once, and then.
row() { section | sed -n 's/^| Debian, Ubuntu | `\(.*\)` | `\(.*\)` |$/\1\n\2/p'; }
# What stands in a block of its own, without its comments.
block() { section | sed -n '/^```$/,/^```$/p' | sed 's/ *#.*//' | grep -v '^```$'; }

if [ "${1:-}" = --commands ]; then
  block
  row
  exit
fi
# shellcheck source=scripts/debian-root.sh
. scripts/debian-root.sh
[ "$(id -u)" = 0 ] || unavailable "trying the installation needs root: it is done in a chroot."
command -v apt-get >/dev/null || unavailable "the installation can only be tried on Debian or Ubuntu."
check_mounting
root=$(mktemp -d -p "${TMPDIR:-/var/tmp}" unfade-install.XXXXXX)
chmod 755 "$root" # its user looks into it
trap 'mounts unmount_one; rm -rf --one-file-system "$root"' EXIT
bootstrap
# What a reader of the README has before it: Python, sudo, an editor's profile; the Enter after apt's question is given.
apt chroot "$root" apt-get install --no-install-recommends python3 sudo ca-certificates
copy_settings
chroot "$root" useradd --create-home --shell /bin/bash "$reader"
echo "$reader ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/reader"
echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/90yes"
mkdir -p "$root/home/$reader/copy"
git ls-files -z | tar -c --null -T - | tar -x -C "$root/home/$reader/copy"
mkdir -p "$root/home/$reader/.local/share/krita"
chroot "$root" chown -R "$reader:" "/home/$reader"

mapfile -t ways_out < <(ways_out)
names=$(printf '%s\n' "${ways_out[@]%%=*}" | paste -sd, -)
# A line in a new terminal, in the copy of the repository.
as_reader() {
  say "$1"
  env "${ways_out[@]}" chroot "$root" su ${names:+-w "$names"} - "$reader" -c "cd copy && $1" </dev/null
}
# What the section promises of an installation: that program works, and the editors start it.
check() {
  local photo krita=/home/$reader/.local/share/krita/pykrita/unfade/unfade.json
  photo=$(cd "$root/home/$reader/copy" && ls examples/photographs/*.webp | head -1)
  as_reader "$1 doctor" >/dev/null
  as_reader "$1 upscale $photo -o ~/large.png"
  head -c 4 "$root/home/$reader/large.png" | grep -q PNG || die "$1 upscale made no picture."
  as_reader "$1 install krita"
  grep -q "\"$2" "$root$krita" || die "the plug-in does not start $2."
  rm "$root/home/$reader/large.png"
}

while read -r line; do as_reader "$line"; done < <(block)
check "~/unfade/bin/unfade" "/home/$reader/unfade/bin/python"
while read -r line; do as_reader "$line"; done < <(row)
check unfade "/home/$reader/.local/share/pipx/venvs/unfade/bin/python"
say "the README's commands install Unfade on Debian $release, as a user who is not root."
