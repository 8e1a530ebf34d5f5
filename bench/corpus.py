"""Folders of pictures through the command line, with a model that changes nothing, beside others' reading.

Each picture goes through De-artifact with a network of one step that gives back what it takes, into TIFF. The
result is compared in 8 bits of sRGB with what Pillow and ImageMagick read from the same file (where they
can), and its metadata with the file's own, by exiftool. ImageMagick (`convert`) and exiftool are left out
where they are not installed, and so are pictures of more than 16 megapixels.

    python bench/corpus.py FOLDER [FOLDER ...]          # a table; then what is not as it should be
    python bench/corpus.py FOLDER --only tiff --report report.json
    python bench/corpus.py FOLDER --again report.json --report report.json   # what was not the same
    python bench/corpus.py FOLDER --sample 100          # so many of each folder, spread evenly
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401 - Pillow reads JPEG XL by it
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.models import identity_model

from unfade.picture import as_srgb, read_picture
from unfade.picture.formats import HEAD_BYTES, format_of_content

BATCH = 25  # pictures a process
SECONDS = 300  # of CPU time for one process
SECONDS_OF_OTHERS = 60  # for one picture
WAITED = 5  # times so long by the clock, as others may use the machine too
MOST_PIXELS = 16_000_000
SOME_PIXELS = 1_000_000
NEAR = 2.5  # mean difference of 255 that decoders of lossy files and CMYK-free pictures stay within
STRUCTURE = {
    "ImageWidth", "ImageHeight", "ImageLength", "BitsPerSample", "Compression",
    "PhotometricInterpretation", "StripOffsets", "StripByteCounts", "RowsPerStrip", "SamplesPerPixel",
    "PlanarConfiguration", "Predictor", "XResolution", "YResolution", "ResolutionUnit", "Orientation",
    "ExifImageWidth", "ExifImageHeight", "SubfileType", "SampleFormat", "ExtraSamples", "TileWidth",
    "TileLength", "TileOffsets", "TileByteCounts", "YCbCrSubSampling", "YCbCrPositioning",
    "YCbCrCoefficients", "ReferenceBlackWhite", "FillOrder", "NewSubfileType", "OldSubfileType",
    "ThumbnailOffset", "ThumbnailLength", "ThumbnailImage", "JPEGTables", "ColorMap", "InkSet",
    "NumberOfInks", "DotRange", "T4Options", "T6Options", "PageNumber", "PageName", "DocumentName",
    "MinSampleValue", "MaxSampleValue", "TransferFunction", "WhitePoint", "PrimaryChromaticities",
    "HalftoneHints", "GrayResponseUnit", "SMinSampleValue", "SMaxSampleValue", "XPosition", "YPosition",
    "ImageFullWidth", "ImageFullHeight", "PreviewImage", "PreviewImageStart", "PreviewImageLength",
    "OtherImage", "OtherImageStart", "OtherImageLength", "JpgFromRaw", "JpgFromRawStart", "JpgFromRawLength",
    "JPEGProc", "JPEGQTables", "JPEGDCTables", "JPEGACTables", "JPEGRestartInterval",
}  # fmt: skip
"""Tags of how pixels are stored and of previews, which are the result's own."""


@dataclasses.dataclass
class Outcome:
    """What became of one picture."""

    path: Path
    format: str
    verdict: str = ""
    """same, differs (from every other reading), alone (no other reading), refused, crashed or hung."""
    told: str = ""
    """The sentence of a refusal, or the warnings."""
    readers: dict[str, float] = dataclasses.field(default_factory=dict)
    """The mean difference to each other reading, of 255."""
    lost: list[str] = dataclasses.field(default_factory=list)
    """Names of metadata that did not come back."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--only", metavar="FORMAT", help="pictures of one format, as Unfade calls it")
    parser.add_argument("--sample", type=int, metavar="N", help="about so many pictures of each folder")
    parser.add_argument("--again", type=Path, metavar="FILE", help="a report: what was the same in it, is")
    parser.add_argument("--report", type=Path, metavar="FILE", help="writes every outcome as JSON")
    arguments = parser.parse_args()
    outcomes: list[Outcome] = []
    for folder in arguments.folders:
        paths = sorted(p for p in folder.rglob("*") if p.is_file())
        found = [Outcome(p, kind) for p in paths if (kind := format_at(p)) and arguments.only in (None, kind)]
        step = max(1, len(found) // arguments.sample) if arguments.sample else 1
        outcomes += [outcome for outcome in found[::step] if pixels_of(outcome.path) <= MOST_PIXELS]
    if arguments.again:
        earlier = {record["path"]: record for record in json.loads(arguments.again.read_text())}
        for outcome in outcomes:
            record = earlier.get(str(outcome.path), {})
            if record.get("verdict") == "same" and not record["lost"]:
                outcome.verdict, outcome.told, outcome.readers = (
                    record[k] for k in ("verdict", "told", "readers")
                )
    left = [outcome for outcome in outcomes if not outcome.verdict]
    with tempfile.TemporaryDirectory(prefix="unfade-corpus-") as folder:
        model = identity_model(Path(folder) / "nothing.onnx", task="deartifact")
        for start in range(0, len(left), BATCH):
            run(left[start : start + BATCH], model, Path(folder))
            print(f"{min(start + BATCH, len(left))} of {len(left)}", file=sys.stderr)
    report(outcomes)
    if arguments.report:
        arguments.report.write_text(
            json.dumps([{**dataclasses.asdict(o), "path": str(o.path)} for o in outcomes], indent=1)
        )


def format_at(path: Path) -> str:
    """The format of a file by its content; by its suffix in brackets where Unfade knows none."""
    with path.open("rb") as stream:
        kind = format_of_content(stream.read(HEAD_BYTES))
    return kind.name if kind else f"({path.suffix.lower()})"


def pixels_of(path: Path) -> int:
    """How many a file says that it has; 0 where Pillow does not know."""
    try:
        with Image.open(path) as image:
            return image.width * image.height
    except Image.DecompressionBombError:
        return MOST_PIXELS + 1
    except Exception:  # Pillow has many ways to say that it does not read a file
        return 0


def run(outcomes: Sequence[Outcome], model: Path, folder: Path) -> None:
    """Runs the command line over some pictures; one at a time where that ends badly."""
    numbered = {f"{index:04}": outcome for index, outcome in enumerate(outcomes)}
    source, target = folder / "in", folder / "out"
    for each in (source, target):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir()
    for name, outcome in numbered.items():  # names of their own; the content tells the format
        (source / f"{name}{outcome.path.suffix}").symlink_to(outcome.path.resolve())
    command = [
        sys.executable,
        "-m",
        "unfade",
        "deartifact",
        *map(str, sorted(source.iterdir())),
        "-o",
        f"{target}/",
    ]
    command += ["--format", "tiff", "--model", str(model), "--json", "--device", "cpu"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=WAITED * SECONDS, check=False, preexec_fn=limited
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is not None and done.returncode == -signal.SIGXCPU:
        done = None
    if done is None or done.returncode not in (0, 1) or not done.stdout:
        if len(outcomes) > 1:
            for outcome in outcomes:
                run([outcome], model, folder)
            return
        outcomes[0].verdict = "hung" if done is None else "crashed"
        outcomes[0].told = "" if done is None else f"exit {done.returncode} {done.stderr[-300:]}"
        return
    for record in map(json.loads, done.stdout.splitlines()):
        outcome = numbered[Path(record["input"]).stem]
        if record["error"]:
            outcome.verdict, outcome.told = "refused", record["error"].partition(" ")[2]
        else:
            outcome.told = " ".join(record["warnings"])
            judge(outcome, Path(record["output"]))
    for outcome, lost in zip(outcomes, lost_metadata(numbered, target), strict=True):
        outcome.lost = lost


def limited() -> None:
    """Limits the CPU time of the process that is about to begin."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 10))


def judge(outcome: Outcome, result: Path) -> None:
    """Compares a result with the readings of others."""
    own = in_8_bits(result)
    for name, reading in readings(outcome.path):
        if reading.shape[:2] != own.shape[:2]:
            outcome.readers[name] = 255.0
        else:
            outcome.readers[name] = round(difference(own, reading), 2)
    near = [apart <= NEAR for apart in outcome.readers.values()]
    outcome.verdict = "same" if any(near) else "differs" if near else "alone"


def in_8_bits(path: Path) -> NDArray[np.uint8]:
    """A result as RGBA of 8 bits in sRGB."""
    picture = as_srgb(read_picture(path), np.uint8)
    colour = picture.colour if picture.colour.shape[2] == 3 else picture.colour.repeat(3, axis=2)
    alpha = picture.alpha if picture.alpha is not None else np.full(colour.shape[:2], 255, np.uint8)
    return np.dstack((colour, alpha))


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The mean difference of two RGBA pictures laid on gray, so that invisible colours do not count.

    Of large pictures some rows speak for all.
    """
    step = max(1, a.shape[0] * a.shape[1] // SOME_PIXELS)

    def laid(rgba: NDArray[np.uint8]) -> NDArray[np.float32]:
        rgba = rgba[::step]
        alpha = rgba[..., 3:] / np.float32(255)
        return rgba[..., :3] * alpha + 128 * (1 - alpha)

    return float(np.abs(laid(a) - laid(b)).mean(dtype=np.float64))


def readings(path: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The picture as others read it: RGBA of 8 bits in sRGB, upright."""
    for name, read in (("Pillow", by_pillow), ("ImageMagick", by_imagemagick)):
        try:
            yield name, read(path)
        except Exception:  # whatever it is, that program does not read it
            continue


def by_pillow(path: Path) -> NDArray[np.uint8]:
    pillow_heif.register_heif_opener()
    with Image.open(path) as image:
        profile = image.info.get("icc_profile")
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I;16") or upright.mode in ("I", "F"):
            values = np.asarray(upright, np.float64)
            peak = 65535 if upright.mode != "F" or values.max() > 255 else 255 if values.max() > 1 else 1
            gray = np.clip(np.rint(values * (255 / peak)), 0, 255).astype(np.uint8)
            return np.dstack((gray, gray, gray, np.full_like(gray, 255)))
        if profile and upright.mode in ("RGB", "RGBA", "L", "CMYK"):
            import io

            alpha = upright.getchannel("A") if upright.mode == "RGBA" else None
            plain = upright.convert("RGB") if upright.mode == "RGBA" else upright
            try:
                converted = ImageCms.profileToProfile(
                    plain, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB",
                    renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                    flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
                )  # fmt: skip
            except ImageCms.PyCMSError:
                converted = plain.convert("RGB")
            assert converted is not None
            if alpha is not None:
                converted.putalpha(alpha)
            upright = converted
        return np.asarray(upright.convert("RGBA"))


def by_imagemagick(path: Path) -> NDArray[np.uint8]:
    program = next((p for p in ("/usr/bin/convert", shutil.which("magick")) if p and Path(p).exists()), None)
    if program is None:
        raise FileNotFoundError("ImageMagick")
    with tempfile.TemporaryDirectory() as folder:
        profile, raw = Path(folder) / "srgb.icc", Path(folder) / "out.pam"
        profile.write_bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        command = [program, f"{path}[0]", "-auto-orient", "-black-point-compensation", "-intent", "Relative"]
        command += [
            "-profile",
            str(profile),
            "-colorspace",
            "sRGB",
            "-type",
            "TrueColorMatte",
            "-depth",
            "8",
            f"pam:{raw}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_OF_OTHERS, check=False)
        if not raw.exists() or done.returncode:
            raise OSError(done.stderr)
        return read_picture(raw).pixels


def lost_metadata(numbered: dict[str, Outcome], target: Path) -> list[list[str]]:
    """For each picture the EXIF, XMP and IPTC tags that its result has not, by exiftool."""
    if shutil.which("exiftool") is None:
        return [[] for _ in numbered]

    def tags(paths: Sequence[Path]) -> dict[Path, set[str]]:
        if not paths:
            return {}
        command = [
            "exiftool",
            "-json",
            "-G0",
            "-fast",
            "-EXIF:all",
            "-XMP:all",
            "-IPTC:all",
            *map(str, paths),
        ]
        try:  # some files make exiftool go on for minutes, too
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS_OF_OTHERS, check=False
            )
            entries = json.loads(done.stdout or "[]")
        except (subprocess.TimeoutExpired, ValueError):
            return {k: v for path in paths for k, v in tags([path]).items()} if len(paths) > 1 else {}
        return {Path(entry.pop("SourceFile")): set(entry) for entry in entries}

    results = {path.stem: path for path in target.iterdir()}
    there = {name: path for name, path in results.items() if name in numbered}
    before = tags([numbered[name].path for name in there])
    after = tags(list(there.values()))
    return [
        sorted(
            tag
            for tag in before.get(outcome.path, set()) - after.get(results.get(name, Path()), set())
            if tag.partition(":")[2] not in STRUCTURE
        )
        for name, outcome in numbered.items()
    ]


def report(outcomes: Sequence[Outcome]) -> None:
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for outcome in outcomes:
        kind = counts[outcome.format]
        others = [name for name, _ in readings(outcome.path)] if outcome.verdict == "refused" else []
        kind["refused, and others read it" if others else outcome.verdict] += 1
        outcome.readers.update(dict.fromkeys(others, -1.0))
        kind["told"] += bool(outcome.told and outcome.verdict not in ("refused", "crashed", "hung"))
        kind["metadata lost"] += bool(outcome.lost)
    columns = ("same", "alone", "differs", "refused", "refused, and others read it", "crashed", "hung")
    columns += ("told", "metadata lost")
    print("| format | pictures | " + " | ".join(columns) + " |\n|---" + "|--:" * (len(columns) + 1) + "|")
    for name, kind in sorted(counts.items()):
        number = sum(o.format == name for o in outcomes)
        print(f"| {name} | {number} | " + " | ".join(str(kind[column]) for column in columns) + " |")
    for outcome in outcomes:
        words: list[Any] = []
        if outcome.verdict in ("differs", "crashed", "hung") or -1.0 in outcome.readers.values():
            words += [outcome.verdict, outcome.readers, outcome.told]
        if outcome.lost:
            words += ["lost", ", ".join(outcome.lost[:8])]
        if words:
            print(outcome.path.name, *words)


if __name__ == "__main__":
    main()
