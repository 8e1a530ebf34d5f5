#!/bin/sh
# `make test`: lint, layout, types and every test. All four run whatever the others say; pytest's closing line comes last.
# ARGS goes to pytest.
set -uf
cd "$(dirname "$0")/.." || exit
sh scripts/setup.sh dev || exit

export QT_QPA_PLATFORM=offscreen
export OMP_NUM_THREADS=1 # one pytest worker a core already; more threads would fight over them
failed=

check() {
  printf "== %s\n" "$*"
  .venv/bin/python -m "$@" || failed="$failed, $*"
}

check ruff check .
check ruff format --check .
check mypy
[ -z "$failed" ] || printf '== failed before the tests: %s\n' "${failed#, }"
printf '== pytest\n'
# Each worker begins with one stretch of the tests, so that what a folder shares is made once.
# shellcheck disable=SC2086 # ARGS is a list of options
.venv/bin/python -m pytest -n auto --dist worksteal ${ARGS:-} || exit
[ -z "$failed" ]
