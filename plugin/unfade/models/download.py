"""A model fetched over https: to a file, with a size limit."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from unfade import __version__
from unfade.errors import ModelError

OnBytes = Callable[[int, int | None], None]
"""Told (bytes so far, bytes in all where known); may raise Cancelled."""

_TIMEOUT = 30.0  # seconds without a byte
_BLOCK = 1 << 18
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


def is_address(source: str) -> bool:
    """Whether ``source`` is an address rather than a file."""
    return "://" in source


def name_in(address: str) -> str:
    """The file name that an address ends with."""
    return Path(unquote(urlsplit(address).path)).name


def download(address: str, into: Path, *, limit: int, on_bytes: OnBytes | None = None) -> None:
    """Fetch ``address`` into a new file.

    Raises:
        ModelError: it is not https (only this machine may be asked without), cannot be reached, is larger
            than ``limit`` bytes, or breaks off.
    """
    _check_scheme(address)
    request = urllib.request.Request(address, headers={"User-Agent": f"unfade/{__version__}"})
    try:
        with _OPENER.open(request, timeout=_TIMEOUT) as answer, into.open("xb") as out:
            _copy(answer, out, address, limit, on_bytes)
    except urllib.error.HTTPError as error:
        raise ModelError(
            f"{address} cannot be downloaded: the server says {error.code} {error.reason}."
        ) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(f"{address} cannot be downloaded: {reason}.") from error


def _copy(answer: Any, out: IO[bytes], address: str, limit: int, on_bytes: OnBytes | None) -> None:
    length = answer.headers.get("Content-Length", "")
    total = int(length) if length.isdigit() else None
    done = 0
    while True:
        if max(done, total or 0) > limit:
            raise ModelError(f"{address} is larger than the {limit / 2**20:,.0f} MiB that a model may have.")
        if on_bytes is not None:
            on_bytes(done, total)
        block = answer.read(_BLOCK)
        if not block:
            break
        out.write(block)
        done += len(block)
    if total is not None and done != total:
        raise ModelError(f"The download of {address} broke off at {done:,} of {total:,} bytes; try again.")


def _check_scheme(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _OWN_MACHINE):
        return
    raise ModelError(
        f"{address} cannot be downloaded: only https addresses are, so that nobody can change them."
    )


class _SameSafety(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never away from https."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        _check_scheme(arguments[-1])
        return super().redirect_request(*arguments)


_OPENER = urllib.request.build_opener(_SameSafety)
