#!/usr/bin/env python3
"""Unfade's filters in GIMP 3: Filters > Enhance > Unfade, and procedures for scripts.

A thin adapter: the pixels go to Unfade's engine, a process of its own, through unfade_client.py, and come
back as one undo step. Nothing of the picture is touched before the engine has answered, so a cancelled,
closed or failed run leaves it as it was. For GIMP 3.0 and 3.2 and Python 3.9 to 3.14.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gi

for _name, _version in (("Gimp", "3.0"), ("GimpUi", "3.0"), ("Gegl", "0.4"), ("Babl", "0.1")):
    gi.require_version(_name, _version)
import unfade_editor
from gi.repository import Babl, Gegl, Gimp, GLib, GObject
from unfade_client import EngineError, Result
from unfade_editor import Filter, Option, Pixels, Step, Unfade

PREFIX = "plug-in-unfade-"
REPEAT = PREFIX + "repeat"
MENU = "<Image>/Filters/Enhance/Un_fade"
LAST = "unfade-last"  # the global parasite that remembers what "Repeat last" repeats
TILE = 128  # rows of GIMP's own tiles

PICTURE, LAYER = "picture", "layer"  # values of the argument `target`
TYPES = {"u8": "u8", "u16": "u16", "float": "float32"}  # babl's names, and the client's
BYTES = {"u8": 1, "u16": 2, "float": 4}


class UnfadePlugIn(Gimp.PlugIn):
    """The procedures, one for each filter that the installed Unfade has, and the one that repeats."""

    def do_set_i18n(self, _name: str) -> bool:
        return False

    def do_query_procedures(self) -> list[str]:
        return [*(PREFIX + filter.name for filter in UNFADE.filters), REPEAT]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        # Indexed pictures too: the sentence that says what to do helps more than a gray entry.
        procedure.set_image_types("*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_attribution("The Unfade developers", "GPL-3.0-or-later", "2026")
        if name == REPEAT:
            procedure.set_menu_label("_Repeat last")
            procedure.add_menu_path(MENU)  # only after the label
            help = "Runs the last of Unfade's filters again, with the same settings and without a window."
            procedure.set_documentation(help, help, name)
            return procedure
        filter = UNFADE.filter(name[len(PREFIX) :])
        procedure.set_menu_label(f"_{filter.title}...")
        procedure.add_menu_path(MENU)
        more = "Without a window it takes the arguments below; they are those of the command line."
        procedure.set_documentation(filter.summary, f"{filter.summary} {more}", name)
        for option in filter.options:
            add_argument(procedure, option)
        if any(option.name == "scale" for option in filter.options):
            choice = Gimp.Choice.new()
            choice.add(PICTURE, 0, "The whole picture", "All layers, masks, channels and the canvas.")
            choice.add(LAYER, 1, "Only the layer", "The layer with its mask; the canvas stays.")
            flags = GObject.ParamFlags.READWRITE
            procedure.add_choice_argument("target", "target", "What is enlarged.", choice, PICTURE, flags)
        return procedure


def add_argument(procedure: Gimp.Procedure, option: Option) -> None:
    """Declares an option, whose argument always has a value."""
    name, help, flags = option.name.replace("_", "-"), option.help, GObject.ParamFlags.READWRITE
    if option.type == "bool":
        procedure.add_boolean_argument(name, name, help, option.default, flags)
    elif option.type in ("int", "float"):
        low, high, default = option.bounds
        if option.optional:
            help = f"{help} {low:g} leaves it out."
        if option.type == "int":
            procedure.add_int_argument(name, name, help, int(low), int(high), int(default), flags)
        else:
            procedure.add_double_argument(name, name, help, low, high, default, flags)
    elif option.type == "str":
        procedure.add_string_argument(name, name, help, option.default or "", flags)
    else:  # hints, strokes
        help = f"{help} As a JSON list, in pixels of the layer."
        procedure.add_string_argument(name, name, help, json.dumps(option.default), flags)


def read_arguments(filter: Filter, config: Gimp.ProcedureConfig) -> dict[str, Any]:
    """The options that are not at their defaults."""
    options = {}
    for option in filter.options:
        value = option.parsed(config.get_property(option.name.replace("_", "-")))
        if value != option.default:
            options[option.name] = value
    return options


def keep_arguments(filter: Filter, config: Gimp.ProcedureConfig, steps: Sequence[Step]) -> None:
    """What was set in the window, for the next time; GIMP stores it at the end of the run."""
    used = next((step.options for step in steps if step.filter == filter.name), {})
    for option in filter.options:
        value = used.get(option.name, option.default)
        if option.type in ("hints", "strokes"):
            continue  # they belong to one picture
        config.set_property(option.name.replace("_", "-"), option.absent if value is None else value)


@dataclass(frozen=True)
class Wire:
    """How a drawable's pixels travel: babl's name of the format, which has the picture's profile in it."""

    format: str
    channels: int
    type: str
    icc: bytes | None = None

    @classmethod
    def of(cls, drawable: Gimp.Drawable) -> Wire:
        """The drawable's own values, in the picture's own profile as on the command line; else floats.

        Linear light goes through the sRGB curve, which is what the networks know; a mask has no curve.
        """
        native = drawable.get_format()
        components, _, type = Babl.format_get_encoding(native).rpartition(" ")
        plain = components.replace("'", "").replace("~", "")
        if components == plain and isinstance(drawable, Gimp.Layer):
            components = {"RGB": "R~G~B~", "RGBA": "R~G~B~A", "Y": "Y~", "YA": "Y~A"}[plain]
            type = "float"
        type = type if type in TYPES else "float"
        format = Babl.format_with_space(f"{components} {type}", Babl.format_get_space(native))
        profile = drawable.get_image().get_color_profile() if isinstance(drawable, Gimp.Layer) else None
        if profile is not None and "~" in components:
            profile = Gimp.ColorProfile.new_srgb_trc_from_color_profile(profile)
        icc = None if profile is None else bytes(profile.get_icc_profile())
        return cls(Babl.get_name(format), len(plain), type, icc)

    def coloured(self, result: Result) -> Wire:
        """How a result travels that was gray when it was sent this way: sRGB, whatever the picture has."""
        return Wire(f"R'G'B'{'A' * (result.channels == 4)} {self.type}", result.channels, self.type)

    def read(self, drawable: Gimp.Drawable) -> Pixels:
        """All of the drawable, also what lies outside the selection: the networks look around."""
        stripes = self._stripes(drawable)
        return Pixels(*size_of(drawable), self.channels, TYPES[self.type], stripes, self.icc)

    def _stripes(self, drawable: Gimp.Drawable) -> Iterator[bytes]:
        buffer, (width, height) = drawable.get_buffer(), size_of(drawable)
        rows = self._rows(width)
        for y in range(0, height, rows):
            rectangle = Gegl.Rectangle.new(0, y, width, min(rows, height - y))
            yield buffer.get(rectangle, 1.0, self.format, Gegl.AbyssPolicy.NONE)

    def _rows(self, width: int) -> int:
        return unfade_editor.rows_of(width * self.channels * BYTES[self.type], TILE)

    def write(self, buffer: Gegl.Buffer, result: Result, x: int, y: int) -> None:
        """The result into a buffer, its top left pixel at (x, y)."""
        stripe = self._rows(result.width) * result.width * self.channels * BYTES[self.type]
        for row, rows, view in result.stripes(stripe):
            buffer.set(Gegl.Rectangle.new(x, y + row, result.width, rows), self.format, bytes(view))
        buffer.flush()


def run(
    procedure: Gimp.Procedure,
    mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    _data: Any,
) -> Gimp.ValueArray:
    """What GIMP calls. Every failure is a sentence in GIMP's own message box."""
    status, message = Gimp.PDBStatusType.SUCCESS, None
    try:
        if len(drawables) != 1:
            raise EngineError("Unfade works on one layer at a time: select one.", "usage")
        work(procedure, mode, image, drawables[0], config)
    except EngineError as error:
        status = getattr(Gimp.PDBStatusType, "CANCEL" if error.kind == "cancelled" else "EXECUTION_ERROR")
        message = str(error)
        if error.details:
            sys.stderr.write(f"unfade: {error.details}\n")
    except Exception as error:  # a traceback would only reach a terminal that nobody looks at
        status = Gimp.PDBStatusType.EXECUTION_ERROR
        message = f"Unfade's plug-in failed in a way it did not foresee ({type(error).__name__}: {error})."
    return procedure.new_return_values(status, None if message is None else GLib.Error(message))


def work(
    procedure: Gimp.Procedure,
    mode: Gimp.RunMode,
    image: Gimp.Image,
    drawable: Gimp.Drawable,
    config: Gimp.ProcedureConfig,
) -> None:
    """One run of one procedure."""
    check(image, drawable)
    name = procedure.get_name()
    if name == REPEAT:
        parasite = Gimp.get_parasite(LAST)
        steps, whole = unfade_editor.read_last(bytes(parasite.get_data()).decode() if parasite else "")
        title = "Repeat last"
    else:
        filter = UNFADE.filter(name[len(PREFIX) :])
        steps, title = [Step(filter.name, read_arguments(filter, config))], filter.title
        whole = config.find_property("target") is not None and config.get_property("target") == PICTURE
    Gimp.progress_init(f"Unfade: {title}")
    wire = Wire.of(drawable)
    result = None
    if mode == Gimp.RunMode.INTERACTIVE and name != REPEAT:
        Gimp.progress_set_text("Unfade: the preview window is open")
        pixels = wire.read(drawable)
        asked = (filter.name, steps[0].options, pixels, drawable.get_name())
        result, steps = UNFADE.ask(*asked, lambda _: Gimp.progress_pulse())
        check_unchanged(image, drawable, pixels)
        keep_arguments(filter, config, steps)
        if UNFADE.factor(steps) != 1:
            alone = image.get_layers() == [drawable] and size_of(image) == size_of(drawable)
            whole = alone or ask_whole(image)
            if config.find_property("target") is not None:
                config.set_property("target", PICTURE if whole else LAYER)
    if UNFADE.factor(steps) == 1:
        restore(image, drawable, wire, steps, result)
    else:
        enlarge(image, drawable, steps, result, whole)
    last = unfade_editor.write_last(steps, whole).encode()
    Gimp.attach_parasite(Gimp.Parasite.new(LAST, Gimp.PARASITE_PERSISTENT, last))
    Gimp.displays_flush()


def check(image: Gimp.Image, drawable: Gimp.Drawable) -> None:
    """Raises EngineError for what cannot be filtered."""
    name = drawable.get_name()
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        problem = "The picture has a palette, which has too few colours: choose Image > Mode > RGB first."
    elif drawable.is_group():
        problem = f"The layer group {name} has no pixels of its own: select a layer inside it."
    elif image.get_floating_sel() is not None:
        problem = "There is a floating selection: anchor it, or make a layer of it, first."
    elif is_locked(drawable):
        problem = f"The pixels of {name} are locked: unlock them in the Layers dialog first."
    elif not drawable.mask_intersect()[0]:
        problem = f"The selection and {name} have no pixel in common: select a part of it, or nothing."
    else:
        return
    raise EngineError(problem, "usage")


def is_locked(item: Gimp.Item) -> bool:
    """Whether its pixels, or those of a group around it, are locked."""
    layer = Gimp.Layer.from_mask(item) if isinstance(item, Gimp.LayerMask) else item
    return any(each.get_lock_content() for each in lineage(layer))


def lineage(item: Gimp.Item | None) -> Iterator[Gimp.Item]:
    """The item and the groups around it."""
    while item is not None:
        yield item
        item = item.get_parent()


def check_unchanged(image: Gimp.Image, drawable: Gimp.Drawable, pixels: Pixels) -> None:
    """The picture can be edited while the window is open, even closed."""
    if not image.is_valid() or not drawable.is_valid():
        raise EngineError("The layer was closed or deleted meanwhile, so the result has no place.", "usage")
    if size_of(drawable) != (pixels.width, pixels.height):
        raise EngineError("The layer's size was changed meanwhile, so the result does not fit.", "usage")
    check(image, drawable)


def restore(
    image: Gimp.Image, drawable: Gimp.Drawable, wire: Wire, steps: Sequence[Step], result: Result | None
) -> None:
    """Filters that keep the size: selection, alpha lock and undo are GIMP's own, by its shadow buffer."""
    x = y = 0
    width, height = size_of(drawable)
    if result is None:
        _, x, y, width, height = drawable.mask_intersect()
        result = UNFADE.run(steps, wire.read(drawable), show_fraction, (y, x, height, width))
    with undo_step(image):
        if result.channels - wire.channels == 2:
            if not isinstance(drawable, Gimp.Layer):
                raise EngineError("Only layers can get colours, not masks and channels.", "usage")
            image.convert_rgb()
            wire = wire.coloured(result)
        shadow = drawable.get_shadow_buffer()
        wire.write(shadow, result, x, y)
        if not drawable.merge_shadow(True):
            raise EngineError("GIMP did not take the result; nothing was changed.", "internal")
        drawable.update(x, y, width, height)


def enlarge(
    image: Gimp.Image, drawable: Gimp.Drawable, steps: Sequence[Step], result: Result | None, whole: bool
) -> None:
    """Filters that make the picture, or only the layer, larger; whatever is selected."""
    layer = Gimp.Layer.from_mask(drawable) if isinstance(drawable, Gimp.LayerMask) else drawable
    if not isinstance(layer, Gimp.Layer):
        raise EngineError("A channel cannot be larger than its picture: select a layer.", "usage")
    layers = [each for each in every(image.get_layers()) if not each.is_group()] if whole else [layer]
    for each in filter(is_locked, layers):
        raise EngineError(f"The pixels of {each.get_name()} are locked: unlock them first.", "usage")
    if not whole and any(each.get_lock_position() for each in lineage(layer)):
        raise EngineError(f"The position and size of {layer.get_name()} are locked: unlock them.", "usage")
    wires = {each.get_id(): Wire.of(each) for each in layers}
    results = {} if result is None or layer != drawable else {layer.get_id(): result}
    waiting = [each for each in layers if each.get_id() not in results]
    if waiting:
        pictures = [wires[each.get_id()].read(each) for each in waiting]
        made = UNFADE.run_all(steps, pictures, show_fraction)
        results.update((each.get_id(), found) for each, found in zip(waiting, made))
    factor = UNFADE.factor(steps)
    shift = 0 if whole else (1 - 1 / factor) / 2  # of a layer alone the middle stays, as when GIMP scales it
    with undo_step(image):
        if any(results[key].channels - wire.channels == 2 for key, wire in wires.items()):
            wires = {key: wire.coloured(results[key]) for key, wire in wires.items()}
            image.convert_rgb()
        # Scaling 24 megapixels that will be new takes a second. Text layers have a resize() of their own.
        emptied = [each for each in layers if can_resize(each) and Gimp.Layer.resize(each, 1, 1, 0, 0)]
        if whole:
            image.scale(*(int(side * factor + 0.5) for side in size_of(image)))
        for each in layers:
            found = results[each.get_id()]
            if each in emptied:
                size = found.width, found.height
                Gimp.Layer.resize(each, *size, *(int(side * shift) for side in size))
            elif size_of(each) != (found.width, found.height):
                # The layer alone; or one pixel, for GIMP rounds a layer's far edge and Unfade its size.
                each.scale(found.width, found.height, not whole)
            # Not through the shadow buffer: the size was the undo step, and no selection limits it.
            wires[each.get_id()].write(each.get_buffer(), found, 0, 0)
            each.update(0, 0, found.width, found.height)


def can_resize(layer: Gimp.Layer) -> bool:
    """Whether its borders can move with nothing lost but pixels: masks, also those of groups, are cut off."""
    return not any(each.get_mask() or each.get_lock_position() for each in lineage(layer))


def every(items: Sequence[Gimp.Item]) -> Iterator[Gimp.Layer]:
    """All layers, also groups and those in them."""
    for item in items:
        yield item
        if item.is_group():
            yield from every(item.get_children())


def size_of(thing: Gimp.Image | Gimp.Drawable) -> tuple[int, int]:
    """Width and height."""
    return thing.get_width(), thing.get_height()


def ask_whole(image: Gimp.Image) -> bool:
    """Lets the user choose between the picture and the layer."""
    gi.require_version("Gtk", "3.0")
    from gi.repository import GimpUi, Gtk

    GimpUi.init("unfade")
    dialog = Gtk.MessageDialog(text="What shall become larger?", title="Unfade")
    dialog.format_secondary_text(f"{image.get_name()} has more than this layer.")
    dialog.add_buttons("_Cancel", Gtk.ResponseType.CANCEL, "Only the _layer", 1, "The whole _picture", 2)
    dialog.set_default_response(2)
    answer = dialog.run()
    dialog.destroy()
    if answer not in (1, 2):
        raise EngineError("The filter was stopped.", "cancelled")
    return bool(answer == 2)


@contextmanager
def undo_step(image: Gimp.Image) -> Iterator[None]:
    """One undo step. Masks and channels are scaled by cubic; GIMP's best kernel takes three times as long."""
    Gimp.context_push()
    Gimp.context_set_interpolation(Gimp.InterpolationType.CUBIC)
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()
        Gimp.context_pop()


def show_fraction(fraction: float | None) -> None:
    """GIMP's Cancel ends this process, and with it the engine; nothing was changed by then."""
    Gimp.progress_pulse() if fraction is None else Gimp.progress_update(fraction)


UNFADE = Unfade(Path(__file__).resolve().parent)
Gimp.main(UnfadePlugIn.__gtype__, sys.argv)
