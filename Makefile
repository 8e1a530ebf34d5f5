# make run    enlarge a photograph: the shipped one, or IN=photo.jpg [FILTER=upscale] [OUT=result.png] [ARGS='--scale 3']
# make test   every check and every test; ARGS='tests/unit -k tiling' narrows the tests
#
# Both do all of their set-up first, in .venv (scripts/setup.sh says what), and start at once when nothing has changed.
# PYTHON=python3.12 chooses the interpreter that .venv is made from.

.DEFAULT_GOAL := help
export IN FILTER OUT ARGS PYTHON

.PHONY: help run test test-editors test-install format constraints readme-picture translations

help:
	@sed -n 's/^# make/make/p; s/^\([a-z-]*\):.*## /make \1   /p' Makefile

run:
	@sh scripts/run.sh

test:
	@sh scripts/test.sh

test-editors: ## the plug-ins inside the real GIMP and Krita, in a chroot (needs root)
	@bash scripts/editors.sh

test-install: ## the README's commands for installing, in a fresh Debian (needs root)
	@bash scripts/try_install.sh || [ $$? = 77 ]

format: ## lay the code out and mend what ruff can mend
	@sh scripts/setup.sh dev
	@.venv/bin/python -m ruff check --fix --quiet . ; .venv/bin/python -m ruff format .

constraints: ## pin the newest versions that work together (needs Python 3.10 to 3.13)
	@sh scripts/setup.sh base
	@.venv/bin/python scripts/constraints.py

readme-picture: ## make docs/images/readme-upscale.webp anew
	@sh scripts/setup.sh base
	@.venv/bin/python scripts/readme_picture.py

translations: ## renew the window's translations from its texts (needs Qt's lrelease)
	@sh scripts/setup.sh base
	@.venv/bin/python scripts/translations.py
