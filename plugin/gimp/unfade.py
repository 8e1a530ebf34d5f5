#!/usr/bin/env python3
"""Unfade's filters in GIMP 3: Filters > Enhance > Unfade, and procedures for scripts.

A thin adapter: the pixels go to Unfade's engine, a process of its own, through unfade_client.py, and come
back as one undo step. Nothing of the picture is touched before the engine has answered, so a cancelled,
closed or failed run leaves it as it was. For GIMP 3.0 and 3.2 and Python 3.9 to 3.14.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gi

for _name, _version in (("Gimp", "3.0"), ("GimpUi", "3.0"), ("Gegl", "0.4"), ("Babl", "0.1")):
    gi.require_version(_name, _version)
import unfade_editor
from gi.repository import Gegl, Gimp, GLib, GObject
from unfade_client import EngineError, Result
from unfade_editor import Filter, Option, Step, Unfade
from unfade_pixels import Wire, size_of

PREFIX = "plug-in-unfade-"
REPEAT = PREFIX + "repeat"
ABOVE = "<Image>/Filters/Enhance"
MENU = ABOVE + "/Un_fade"
LAST = "unfade-last"  # the global parasite that remembers what "Repeat last" repeats
PICTURE, LAYER = "picture", "layer"  # values of the argument `target`


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
            # GIMP orders a menu by its labels: among the filters this one would stand in the middle.
            procedure.set_menu_label(f"Unfade: _{said(UNFADE.repeat)}")
            procedure.add_menu_path(ABOVE)  # only after the label
            help = "Runs the last of Unfade's filters again, with the same settings and without a window."
            procedure.set_documentation(help, help, name)
            return procedure
        filter = UNFADE.filter(name[len(PREFIX) :])
        procedure.set_menu_label(f"_{said(filter.titles)}...")
        procedure.add_menu_path(MENU)
        more = "Without a window it takes the arguments below; they are those of the command line."
        procedure.set_documentation(filter.summary, f"{filter.summary} {more}", name)
        for option in filter.options:
            add_argument(procedure, option)
        if any(option.name == "scale" for option in filter.options):
            help = f"What is enlarged: {PICTURE!r} (all layers, masks, channels, the canvas) or {LAYER!r}."
            flags = GObject.ParamFlags.READWRITE
            procedure.add_string_argument("target", "target", help, PICTURE, flags)
        return procedure


def said(texts: Mapping[str, str]) -> str:
    """A text in the language that GIMP is in."""
    return unfade_editor.said_in(texts, GLib.get_language_names())


def add_argument(procedure: Gimp.Procedure, option: Option) -> None:
    """Declares an option, whose argument always has a value."""
    name, help, flags = option.name.replace("_", "-"), option.explained, GObject.ParamFlags.READWRITE
    if option.type == "bool":
        procedure.add_boolean_argument(name, name, help, option.default, flags)
    elif option.type in ("int", "float"):
        # Without limits: GIMP would put the default in the place of what is out of range, and say nothing.
        default = option.absent if option.default is None else option.default
        if option.type == "int":
            procedure.add_int_argument(name, name, help, GLib.MININT, GLib.MAXINT, int(default), flags)
        else:
            procedure.add_double_argument(name, name, help, -GLib.MAXDOUBLE, GLib.MAXDOUBLE, default, flags)
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


def read_target(config: Gimp.ProcedureConfig) -> str | None:
    """What is to be enlarged; None for filters that keep the size. Raises EngineError."""
    if config.find_property("target") is None:
        return None
    target: str = config.get_property("target")
    if target not in (PICTURE, LAYER):
        raise EngineError(f"target must be {PICTURE!r} or {LAYER!r}, not {target!r}.", "usage")
    return target


def keep_arguments(filter: Filter, config: Gimp.ProcedureConfig, steps: Sequence[Step]) -> None:
    """What was set in the window, for the next time; GIMP stores it at the end of the run."""
    used = next((step.options for step in steps if step.filter == filter.name), {})
    for option in filter.options:
        value = used.get(option.name, option.default)
        if option.type in ("hints", "strokes"):
            continue  # they belong to one picture
        config.set_property(option.name.replace("_", "-"), option.absent if value is None else value)


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
        message = unfade_editor.unforeseen(error)
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
        whole = read_target(config) == PICTURE
    check_colours(drawable, steps)
    Gimp.progress_init(f"Unfade: {title}")
    wire = Wire.of(drawable)
    result = None
    if mode == Gimp.RunMode.INTERACTIVE and name != REPEAT:
        Gimp.progress_set_text("Unfade: the preview window is open")
        seen = fingerprint(image, drawable, wire)
        title = f"{drawable.get_name()} - {image.get_name()}"
        asked = (filter.name, steps[0].options, wire.read(drawable), title)
        part = selected(image, drawable)
        result, steps = UNFADE.ask(*asked, lambda _: Gimp.progress_pulse(), part, editor_window())
        if not image.is_valid() or not drawable.is_valid():
            raise EngineError(
                "The layer was closed or deleted meanwhile, so the result has no place.", "usage"
            )
        check(image, drawable)
        check_colours(drawable, steps)
        wire = Wire.of(drawable)
        if fingerprint(image, drawable, wire) != seen:
            result = None  # of pixels that are there no longer: it is made anew
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
    if told := UNFADE.told():
        Gimp.message(told)
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
    elif (locked := lock_of(drawable)) is not None:
        problem = f"The pixels of {locked.get_name()} are locked: unlock them in the Layers dialog first."
    elif not drawable.mask_intersect()[0]:
        problem = f"The selection and {name} have no pixel in common: select a part of it, or nothing."
    else:
        return
    raise EngineError(problem, "usage")


def check_colours(drawable: Gimp.Drawable, steps: Sequence[Step]) -> None:
    """Raises EngineError where colours would be given to what has no room for them."""
    if not isinstance(drawable, Gimp.Layer) and any(
        UNFADE.filter(step.filter).gives_colour for step in steps
    ):
        raise EngineError("Only layers can get colours, not masks and channels: select a layer.", "usage")


def lock_of(item: Gimp.Item) -> Gimp.Item | None:
    """The layer, or the group around it, whose pixels are locked; the innermost one."""
    layer = Gimp.Layer.from_mask(item) if isinstance(item, Gimp.LayerMask) else item
    return next((each for each in lineage(layer) if each.get_lock_content()), None)


def lineage(item: Gimp.Item | None) -> Iterator[Gimp.Item]:
    """The item and the groups around it."""
    while item is not None:
        yield item
        item = item.get_parent()


def editor_window() -> int | None:
    """The system's number for GIMP's window; None where windows have none."""
    handle = Gimp.progress_get_window_handle()
    number = b"" if handle is None else bytes(handle.get_data() or b"")
    return int.from_bytes(number, sys.byteorder) if len(number) in (4, 8) else None


def selected(image: Gimp.Image, drawable: Gimp.Drawable) -> tuple[tuple[int, int, int, int], bytes] | None:
    """What is selected of a drawable: (y, x, height, width), and a byte a pixel; None for no selection."""
    if Gimp.Selection.is_empty(image):
        return None
    _, x, y, width, height = drawable.mask_intersect()
    _, left, top = drawable.get_offsets()
    rectangle = Gegl.Rectangle.new(x + left, y + top, width, height)
    mask = image.get_selection().get_buffer().get(rectangle, 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
    return (y, x, height, width), bytes(mask)


def fingerprint(image: Gimp.Image, drawable: Gimp.Drawable, wire: Wire) -> Any:
    """What a result depends on; equal for equal pixels and selections. The picture can be edited while the
    window is open."""
    selection = image.get_selection()
    mask = Wire("Y u8", 1, "u8").read(selection)
    pixels = unfade_editor.fingerprint(wire.read(drawable).data)
    return size_of(drawable), drawable.get_offsets(), wire, pixels, unfade_editor.fingerprint(mask.data)


def restore(
    image: Gimp.Image, drawable: Gimp.Drawable, wire: Wire, steps: Sequence[Step], result: Result | None
) -> None:
    """Filters that keep the size: selection, alpha lock and undo are GIMP's own, by its shadow buffer."""
    if result is None:
        _, x, y, width, height = drawable.mask_intersect()
        result = UNFADE.run(steps, wire.read(drawable), showing(steps), (y, x, height, width))
    y, x, height, width = result.region or (0, 0, result.height, result.width)
    with undo_step(image):
        if result.channels - wire.channels == 2:
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
    for locked in filter(None, map(lock_of, layers)):
        raise EngineError(f"The pixels of {locked.get_name()} are locked: unlock them first.", "usage")
    if not whole and any(each.get_lock_position() for each in lineage(layer)):
        raise EngineError(f"The position and size of {layer.get_name()} are locked: unlock them.", "usage")
    wires = {each.get_id(): Wire.of(each) for each in layers}
    results = {} if result is None or layer != drawable else {layer.get_id(): result}
    waiting = [each for each in layers if each.get_id() not in results]
    if waiting:
        pictures = [wires[each.get_id()].read(each) for each in waiting]
        made = UNFADE.run_all(steps, pictures, showing(steps))
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


def showing(steps: Sequence[Step]) -> Callable[[float | None], None]:
    """What shows in GIMP's own bar how far a run is. Its Cancel ends this process, and with it the engine;
    nothing was changed by then."""
    title = "Unfade: " + " + ".join(UNFADE.filter(step.filter).title for step in steps)
    pace, shown = unfade_editor.Pace(), ""
    Gimp.progress_set_text(title)

    def show(fraction: float | None) -> None:
        nonlocal shown
        if fraction is None:
            Gimp.progress_pulse()
            return
        done, left = pace.at(fraction)
        Gimp.progress_update(done)
        if left != shown:
            shown = left
            Gimp.progress_set_text(f"{title}, {left}" if left else title)

    return show


UNFADE = Unfade(Path(__file__).resolve().parent)
Gimp.main(UnfadePlugIn.__gtype__, sys.argv)
