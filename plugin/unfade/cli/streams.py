"""``-`` on the command line: a picture from standard input, the result to standard output.

Both pass through files in a temporary folder, as decoders and encoders go back and forth.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from unfade.batch import Record
from unfade.errors import UsageError
from unfade.picture import OUTPUT_FORMATS, format_named

STREAM = "-"
_INPUT, _OUTPUT = "standard input", "standard output"


class Streams:
    """The inputs and the output of a run, with files in place of streams while it is entered.

    Attributes:
        inputs: the pictures to read.
        output: where results go; None if that is not said.
    """

    def __init__(self, inputs: Sequence[Path], output: str | None, format: str | None) -> None:
        """Raises UsageError for streams that cannot be used so."""
        self.inputs, self.output = tuple(inputs), output
        self._reads = sum(str(path) == STREAM for path in inputs)
        self.writes = output == STREAM
        if self._reads > 1:
            raise UsageError("Standard input (-) holds one picture; name it once.")
        if self._reads and sys.stdin.isatty():
            raise UsageError("Standard input (-) is the keyboard; pipe a picture into it.")
        if self.writes:
            if len(inputs) != 1 or inputs[0].is_dir():
                raise UsageError("Standard output (-o -) takes one result; name one picture.")
            if format is None or format_named(format) is None:
                names = ", ".join(OUTPUT_FORMATS)
                raise UsageError(f"For standard output (-o -) name the format with --format: {names}.")
            if sys.stdout.isatty():
                raise UsageError("Standard output (-o -) is the terminal; send it to a file or a program.")
        self._format = format
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._names: dict[str, str] = {}

    def __enter__(self) -> Streams:
        if not (self._reads or self.writes):
            return self
        self._folder = tempfile.TemporaryDirectory(prefix="unfade-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        if self._reads:
            file = folder / "stdin"
            with file.open("wb") as stream:
                shutil.copyfileobj(sys.stdin.buffer, stream)
            self.inputs = tuple(file if str(path) == STREAM else path for path in self.inputs)
            self._names[str(file)] = _INPUT
        if self.writes:
            kind = format_named(self._format or "")
            assert kind is not None
            self.output = str(folder / f"stdout{kind.suffixes[0]}")
            self._names[self.output] = _OUTPUT
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    def named(self, record: Record) -> Record:
        """The record as the user knows the files; what was written goes to standard output."""
        if not self._names:
            return record
        if self.writes and record.ok and self.output is not None:
            with Path(self.output).open("rb") as stream:
                shutil.copyfileobj(stream, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        error, warnings = record.error, record.warnings
        for path, name in self._names.items():
            error = error and error.replace(path, name)
            warnings = tuple(sentence.replace(path, name) for sentence in warnings)
        return dataclasses.replace(
            record,
            input=Path(STREAM) if str(record.input) in self._names else record.input,
            output=Path(STREAM) if str(record.output) in self._names else record.output,
            error=error,
            warnings=warnings,
        )
