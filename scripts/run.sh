#!/bin/sh
# `make run`: one picture (or folder) through one filter. IN, FILTER, OUT and ARGS come from the environment.
set -euf # f: ARGS is split into words, and only that
cd "$(dirname "$0")/.."
sh scripts/setup.sh base

filter=${FILTER:-upscale}
input=${IN:-examples/shepherd.webp}
# shellcheck disable=SC2088 # most shells leave the ~ in IN=~/photo.jpg as it is
case $input in "~/"*) input=$HOME/${input#"~/"} ;; esac

if [ -n "${OUT:-}" ]; then
  output=$OUT
else
  name=$(basename "$input")
  case $name in
    *.[Jj][Pp][Gg] | *.[Jj][Pp][Ee][Gg] | *.[Tt][Ii][Ff] | *.[Tt][Ii][Ff][Ff] | *.[Ww][Ee][Bb][Pp])
      suffix=.${name##*.} ;;
    *) suffix=.png ;;
  esac
  [ -n "${IN:-}" ] || suffix=.png # every picture viewer opens it
  if [ -d "$input" ]; then suffix=; else name=${name%.*}; fi
  output=unfade-output/$name-$filter$suffix
  mkdir -p unfade-output
fi

# shellcheck disable=SC2086 # ARGS is a list of options
.venv/bin/unfade "$filter" "$input" -o "$output" ${ARGS:-}

absolute() { case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac; }
case $(uname -s) in Darwin) opener=open ;; *) opener=xdg-open ;; esac
printf '\nBefore:  %s\nAfter:   %s\nOpen it: %s "%s"\n' \
  "$(absolute "$input")" "$(absolute "$output")" "$opener" "$(absolute "$output")"
