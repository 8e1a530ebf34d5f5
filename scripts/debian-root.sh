# Sourced by what needs a Debian of its own, a chroot in $root: editors-root.sh, try_install.sh. Needs root, on Debian or Ubuntu.
# shellcheck shell=bash
release=${release:-trixie}

say() { printf 'unfade: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }
unavailable() { say "$@"; exit 77; }
mounts() { for place in proc sys dev; do "$1" "$place"; done; }
mount_one() { mountpoint -q "$root/$1" || mount --bind "/$1" "$root/$1"; }
unmount_one() { ! mountpoint -q "$root/$1" || umount "$root/$1"; }
apt() { DEBIAN_FRONTEND=noninteractive "$@" -q -y -o DPkg::Lock::Timeout=300 >&2; }

# Found out before anything is downloaded.
check_mounting() {
  local place
  place=$(mktemp -d)
  mount --bind /sys "$place" 2>/dev/null ||
    unavailable "this system does not let root mount anything, and a chroot needs /proc, /sys and /dev."
  umount "$place"
  rmdir "$place"
}

# This machine's own way out: proxies, certificates, pip's settings. After the packages again, for one of them makes
# its own bundle of certificates.
copy_settings() {
  for file in /etc/resolv.conf /etc/apt/apt.conf.d/*proxy* /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    [ -e "$file" ] || continue
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

# The same out of the environment, as words for env.
ways_out() {
  env | grep -i -E '^(https?_proxy|no_proxy|pip_[a-z_]*|ssl_cert_file)=' | grep -v -i '^pip_find_links=' || true
}

mirror() {
  awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null ||
    awk '/^deb / && /debian.org/ { print $2; exit }' /etc/apt/sources.list 2>/dev/null || true
}

# A Debian with nothing but apt, mounted, its lists of packages read.
bootstrap() {
  if ! command -v debootstrap >/dev/null; then
    { apt apt-get update && apt apt-get install --no-install-recommends debootstrap; } ||
      unavailable "debootstrap cannot be installed here."
  fi
  mkdir -p "$root"
  [ -e "$root/.unfade-base" ] || debootstrap --variant=minbase "$release" "$root" "$(mirror)" >&2 ||
    unavailable "Debian's packages cannot be fetched here."
  touch "$root/.unfade-base"
  copy_settings
  mounts mount_one
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # no service is started in there
  chmod +x "$root/usr/sbin/policy-rc.d"
  apt chroot "$root" apt-get update || unavailable "Debian's packages cannot be fetched here."
}
