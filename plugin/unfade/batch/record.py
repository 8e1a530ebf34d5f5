"""What a run says about one picture: the record behind ``--json`` and behind the line a person reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """One picture of a run. Sizes are (width, height); what is not known, because it failed before, is None.

    The field names are the keys of the JSON record, and scripts depend on them.
    """

    input: Path
    output: Path | None
    """Where the result belongs; it is there unless ``error`` says otherwise."""
    input_size: tuple[int, int] | None = None
    output_size: tuple[int, int] | None = None
    seconds: float | None = None
    """Reading, filtering and writing."""
    engine_seconds: float | None = None
    """Running the network alone."""
    megapixels_per_second: float | None = None
    """Megapixels of the input for each second inside the engine."""
    model: str | None = None
    provider: str | None = None
    fallback: str | None = None
    peak_memory_bytes: int | None = None
    """The most memory the process had held by the end of this picture."""
    skipped: bool = False
    """The output was there already, and ``--skip-existing`` was given."""
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the output is there."""
        return self.error is None

    def to_json(self) -> str:
        """One line of JSON with every field; paths as strings, numbers to the sixth decimal."""
        values = dict(vars(self))
        for name, value in values.items():
            if isinstance(value, Path):
                values[name] = str(value)
            elif isinstance(value, float):
                values[name] = round(value, 6)
        return json.dumps(values)

    def to_line(self) -> str:
        """One line for a person; for a failure, its sentence."""
        if self.error is not None:
            return self.error
        if self.skipped:
            return f"{self.output}  was there already"
        words = [f"{self.output}"]
        if self.input_size and self.output_size:
            words.append("{}x{} -> {}x{}".format(*self.input_size, *self.output_size))
        if self.seconds is not None:
            words.append(f"{self.seconds:.1f} s")
        if self.megapixels_per_second is not None:
            words.append(f"{self.megapixels_per_second:.2f} megapixels/s")
        return "  ".join(words)
