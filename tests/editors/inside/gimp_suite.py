"""Runs inside gimp-console: every procedure on real pictures, pixel by pixel.

    gimp-console -n -i -d --batch-interpreter=python-fu-eval -b "exec(open('gimp_suite.py').read())" --quit

UNFADE_TEST_FOLDER holds what tests/editors/fixtures.py writes, and what the command line made of photo.png:
photo-2.png, photo-1.5.png. The last line is "N passed, M failed".
"""

import json
import os
import random
import struct
import sys
import time
import traceback
from pathlib import Path

import gi

for name, version in (("Gimp", "3.0"), ("Gegl", "0.4"), ("Babl", "0.1")):
    gi.require_version(name, version)
from gi.repository import Babl, Gegl, Gimp, Gio

FOLDER = Path(os.environ["UNFADE_TEST_FOLDER"])
sys.path.append(str(FOLDER.parent / "suite"))
from dying import SAID, dying_engines

PLUGIN = Path(Gimp.directory()) / "plug-ins" / "unfade"
IDENTITY, IDENTITY_X2, HALF = (
    str(FOLDER / f"{name}.onnx") for name in ("identity-x1", "identity-x2", "half-x1")
)
SIDES = (40, 30)
RGB, GRAY = Gimp.ImageBaseType.RGB, Gimp.ImageBaseType.GRAY
DONE = Gimp.PDBStatusType.SUCCESS
FAILED, CANCELLED = Gimp.PDBStatusType.EXECUTION_ERROR, Gimp.PDBStatusType.CANCEL


# Helpers


def new_image(base=RGB, precision="U8_NON_LINEAR", sides=SIDES):
    return Gimp.Image.new_with_precision(*sides, base, getattr(Gimp.Precision, precision))


def add_layer(image, alpha=True, sides=SIDES, at=(0, 0), parent=None, seed=1):
    """A layer of noise."""
    kinds = {RGB: (Gimp.ImageType.RGB_IMAGE, Gimp.ImageType.RGBA_IMAGE)}
    kind = kinds.get(image.get_base_type(), (Gimp.ImageType.GRAY_IMAGE, Gimp.ImageType.GRAYA_IMAGE))[alpha]
    layer = Gimp.Layer.new(image, f"noise {seed}", *sides, kind, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, parent, 0)
    layer.set_offsets(*at)
    fill(layer, seed)
    return layer


def fill(drawable, seed):
    """Noise in the drawable's own format; no value is rounded on its way in."""
    type = native_type(drawable)
    width, height = drawable.get_width(), drawable.get_height()
    count = width * height * Babl.format_get_n_components(drawable.get_format())
    dice = random.Random(seed)
    if type in ("u8", "u16", "u32"):
        size = {"u8": 1, "u16": 2, "u32": 4}[type]
        data = b"".join(dice.getrandbits(8 * size).to_bytes(size, "little") for _ in range(count))
    else:
        code = {"half": "e", "float": "f", "double": "d"}[type]
        data = struct.pack(f"<{count}{code}", *(dice.random() for _ in range(count)))
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(0, 0, width, height), Babl.get_name(drawable.get_format()), data)
    buffer.flush()
    drawable.update(0, 0, width, height)


def native_type(drawable):
    return Babl.format_get_encoding(drawable.get_format()).rpartition(" ")[2]


def values(drawable):
    """All samples in the drawable's own format, row by row."""
    width, height = drawable.get_width(), drawable.get_height()
    data = drawable.get_buffer().get(
        Gegl.Rectangle.new(0, 0, width, height), 1.0, None, Gegl.AbyssPolicy.NONE
    )
    code = {"u8": "B", "u16": "H", "u32": "I", "half": "e", "float": "f", "double": "d"}[
        native_type(drawable)
    ]
    return struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", bytes(data))


def rows(drawable):
    """The samples as rows of pixels."""
    flat, channels = values(drawable), Babl.format_get_n_components(drawable.get_format())
    pixels = [flat[i : i + channels] for i in range(0, len(flat), channels)]
    width = drawable.get_width()
    return [pixels[i : i + width] for i in range(0, len(pixels), width)]


def doubled(picture):
    return [[pixel for pixel in row for _ in range(2)] for row in picture for _ in range(2)]


def call(procedure, image, drawables, **arguments):
    """Status and message of a call without a window."""
    procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-unfade-{procedure}")
    config = procedure.create_config()
    config.set_property("run-mode", arguments.pop("mode", Gimp.RunMode.NONINTERACTIVE))
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for name, value in arguments.items():
        config.set_property(name, value)
    result = procedure.run(config)
    return result.index(0), Gimp.get_pdb().get_last_error()


def done(*args, **kwargs):
    status, message = call(*args, **kwargs)
    assert status == DONE, f"{status.value_nick}: {message}"


def refused(words, *args, status=FAILED, **kwargs):
    """The call fails with a sentence that has these words in it."""
    got, message = call(*args, **kwargs)
    assert got == status and words in message, f"{got.value_nick}: {message}"


def restored(image, layer, model=HALF):
    """A filter that keeps the size."""
    done("deartifact", image, [layer], model=model)


def settings(**changes):
    """Changes unfade.json for the next run; gives a function that brings it back."""
    path = PLUGIN / "unfade.json"
    before = path.read_text()
    path.write_text(json.dumps({**json.loads(before), **changes}))
    return lambda: path.write_text(before)


def light(value):
    """Linear light of an 8-bit sRGB value."""
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def near(a, b, tolerance):
    worst = max((abs(x - y) for x, y in zip(a, b)), default=0)
    assert len(a) == len(b) and worst <= tolerance, f"differs by {worst}, {len(a)} and {len(b)} values"


# Modes and depths

EXACT = ["U8_NON_LINEAR", "U8_LINEAR", "U8_PERCEPTUAL", "U16_NON_LINEAR", "U16_LINEAR", "HALF_LINEAR"]
# Of white: a float holds 24 bits, and linear light goes through the sRGB curve and back.
ROUNDED = {
    "FLOAT_NON_LINEAR": 1e-7,
    "FLOAT_LINEAR": 2e-6,
    "U32_NON_LINEAR": 2**32 * 1e-7,
    "DOUBLE_LINEAR": 2e-6,
}


def identity(base, precision, alpha):
    image = new_image(base, precision)
    layer = add_layer(image, alpha)
    before = rows(layer)
    restored(image, layer, IDENTITY)
    for old, new in zip(before, rows(layer)):
        for a, b in zip(old, new):
            # Colours under full transparency cannot be seen, and the engine fills them in.
            near(b, a if not alpha or a[-1] else b, ROUNDED.get(precision, 0))


def mode_tests():
    for precision in [*EXACT, *ROUNDED]:
        few = precision not in ("U8_NON_LINEAR", "U16_NON_LINEAR", "FLOAT_LINEAR")
        for base, alpha in (
            ((RGB, True), (GRAY, False)) if few else ((RGB, 0), (RGB, 1), (GRAY, 0), (GRAY, 1))
        ):
            name = f"identity {base.value_nick}{' alpha' * bool(alpha)} {precision.lower()}"
            yield name, lambda b=base, p=precision, a=alpha: identity(b, p, bool(a))


def test_the_profile_is_kept_and_its_numbers_are_the_pictures_own():
    image = new_image()
    image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
    layer = add_layer(image, alpha=False)
    before = values(layer)
    restored(image, layer)
    near(values(layer), [value / 2 for value in before], 0.51)
    assert image.get_color_profile().is_equal(Gimp.ColorProfile.new_rgb_adobe())


def test_wide_profiles_come_back_to_the_last_bit():
    """Adobe RGB and ProPhoto RGB, whole and within a selection; outside of it always."""
    prophoto = Gio.File.new_for_path("/usr/share/color/icc/krita/LargeRGB-elle-V2-g22.icc")
    for profile in (Gimp.ColorProfile.new_rgb_adobe(), Gimp.ColorProfile.new_from_file(prophoto)):
        image = new_image(precision="U16_NON_LINEAR")
        image.set_color_profile(profile)
        layer = add_layer(image, alpha=False)
        before = rows(layer)
        restored(image, layer, IDENTITY)
        assert rows(layer) == before
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 8, 6)
        restored(image, layer, IDENTITY)
        for y, (old, new) in enumerate(zip(before, rows(layer))):
            for x, (a, b) in enumerate(zip(old, new)):
                # GIMP merges what is selected in light, which it reckons from 16 bits of other profiles than
                # sRGB not quite exactly (by 310 of 65535 at 131), whatever filter it is.
                near(b, a, 64 if 10 <= x < 18 and 10 <= y < 16 else 0)


def test_values_change_in_place():
    image = new_image()
    layer = add_layer(image)
    before = rows(layer)
    restored(image, layer)
    for old, new in zip(before, rows(layer)):
        for a, b in zip(old, new):
            assert a[3] == b[3]
            assert a[3] == 0 or max(abs(x / 2 - y) for x, y in zip(a[:3], b[:3])) <= 0.51, (a, b)


# What is not to change


def composited(image):
    """What the picture looks like, as bytes of its own precision."""
    copy = image.duplicate()
    return values(copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE))


def set_pixels(drawable, pixels, format):
    data = struct.pack(f"<{len(pixels)}f", *pixels)
    buffer = drawable.get_buffer()
    everything = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    space = Babl.format_get_space(drawable.get_format())
    buffer.set(everything, Babl.get_name(Babl.format_with_space(format, space)), data)
    buffer.flush()
    drawable.update(0, 0, drawable.get_width(), drawable.get_height())


def test_what_a_layer_looks_like_stays():
    """Modes, opacity, masks, groups, those that pass through, and layers above that build on it."""
    for mode, opacity, masked, group_mode in (
        ("MULTIPLY", 100, False, None),
        ("NORMAL", 50, True, None),
        ("OVERLAY", 60, True, "NORMAL"),
        ("MULTIPLY", 70, False, "PASS_THROUGH"),
    ):
        image = new_image()
        add_layer(image, alpha=False, seed=1)
        group = None
        if group_mode:
            group = Gimp.GroupLayer.new(image, "group")
            image.insert_layer(group, None, 0)
            group.set_mode(getattr(Gimp.LayerMode, group_mode))
        layer = add_layer(image, parent=group, seed=2)
        layer.set_mode(getattr(Gimp.LayerMode, mode))
        layer.set_opacity(opacity)
        if masked:
            mask = layer.create_mask(Gimp.AddMaskType.WHITE)
            layer.add_mask(mask)
            fill(mask, 5)
        top = add_layer(image, seed=3)
        top.set_mode(Gimp.LayerMode.SCREEN)
        before = composited(image)
        restored(image, layer, IDENTITY)
        assert composited(image) == before, (mode, opacity, masked, group_mode)


def test_filters_that_hang_on_a_layer_stay():
    """GIMP 3's own effects: the layer's pixels change, and what is laid over them is laid over them anew."""
    image = new_image()
    layer = add_layer(image, alpha=False)
    layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "inverted"))
    plain, shown = values(layer), composited(image)
    assert shown != plain
    restored(image, layer, IDENTITY)
    assert (values(layer), composited(image)) == (plain, shown) and len(layer.get_filters()) == 1
    restored(image, layer)
    near(values(layer), [value / 2 for value in plain], 0.51)
    near(composited(image)[::4], [255 - value for value in values(layer)[::3]], 1)
    done("upscale", image, [layer], scale=2.0, model=IDENTITY_X2)
    assert len(layer.get_filters()) == 1
    near(composited(image)[::4], [255 - value for value in values(layer)[::3]], 1)  # which has alpha


BEYOND = [4.0, 2.0, 1.5, -0.2, 0.5, 0.25]


def test_values_above_1_and_below_0_stay():
    for precision, profile in (
        ("FLOAT_LINEAR", None),
        ("FLOAT_NON_LINEAR", None),
        ("HALF_LINEAR", None),
        ("FLOAT_LINEAR", Gimp.ColorProfile.new_rgb_adobe()),
    ):
        format = "R'G'B' float" if "NON" in precision else "RGB float"
        for scale in (1, 2):
            image = new_image(precision=precision)
            if profile:
                image.set_color_profile(profile)
            layer = add_layer(image, alpha=False)
            set_pixels(layer, BEYOND[:3] * (SIDES[0] * SIDES[1]), format)
            before = values(layer)
            if scale == 1:
                restored(image, layer, IDENTITY)
            else:
                done("upscale", image, [layer], scale=2.0, model=IDENTITY_X2)
            near(values(layer), before * scale**2, 4e-3 if precision[:4] == "HALF" else 2e-5)
        image = new_image(precision=precision)
        layer = add_layer(image, alpha=False)
        set_pixels(layer, BEYOND * (SIDES[0] * SIDES[1] // 2), format)
        before = values(layer)
        restored(image, layer, IDENTITY)
        near(values(layer), before, 4e-3 if precision[:4] == "HALF" else 2e-5)


def test_colorize_at_strength_0_moves_no_colour():
    tint = str(FOLDER / "tint.onnx")
    for precision in ("U8_NON_LINEAR", "U16_NON_LINEAR", "FLOAT_NON_LINEAR"):
        image = new_image(precision=precision)
        image.set_color_profile(Gimp.ColorProfile.new_rgb_adobe())
        layer = add_layer(image, alpha=False)
        set_pixels(layer, [0.0, 1.0, 0.0, 0.9, 0.05, 0.5] * (SIDES[0] * SIDES[1] // 2), "R'G'B' float")
        before = values(layer)
        done("colorize", image, [layer], model=tint, strength=0.0)
        near(values(layer), before, 1e-6 if precision[0] == "F" else 0)


def test_the_resolution_is_kept():
    image = new_image()
    image.set_resolution(254.7, 254.7)
    done("upscale", image, [add_layer(image)], scale=2.0, model=IDENTITY_X2)
    near(image.get_resolution()[1:], (254.7, 254.7), 1e-9)


# Selection, offsets, masks, locks


def test_a_selection_limits_the_change():
    image = new_image()
    layer = add_layer(image, alpha=False, sides=(30, 20), at=(5, 7))
    before = rows(layer)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 8, 6)
    restored(image, layer)
    for y, (old, new) in enumerate(zip(before, rows(layer))):
        for x, (a, b) in enumerate(zip(old, new)):
            inside = 5 <= x < 13 and 3 <= y < 9
            near(b, [value / 2 for value in a] if inside else a, 0.51 if inside else 0)


def test_a_feathered_selection_blends():
    image = new_image()
    layer = add_layer(image, alpha=False)
    before = rows(layer)
    Gimp.context_set_feather(True)
    Gimp.context_set_feather_radius(6, 6)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 12, 10, 14, 10)
    Gimp.context_set_feather(False)
    mask = rows(image.get_selection())
    assert sum(0.05 < pixel[0] / 255 < 0.95 for row in mask for pixel in row) > 50
    restored(image, layer)
    for old, new, shares in zip(before, rows(layer), mask):
        for a, b, share in zip(old, new, shares):
            share = share[0] / 255
            lights = [(1 - share) * light(value) + share * light(value / 2) for value in a]
            near([light(value) for value in b], lights, 0.01)  # GIMP blends light, and rounds the mask


def test_a_layer_mask_can_be_the_drawable():
    image = new_image()
    layer = add_layer(image)
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    pixels = values(layer)
    restored(image, mask)
    near(values(mask), [127.5] * len(values(mask)), 0.6)
    assert values(layer) == pixels


def test_a_channel_can_be_the_drawable():
    image = new_image()
    add_layer(image)
    channel = Gimp.Channel.new(image, "saved", *SIDES, 50, Gegl.Color.new("red"))
    image.insert_channel(channel, None, 0)
    fill(channel, 3)
    before = values(channel)
    restored(image, channel)
    near(values(channel), [value / 2 for value in before], 0.6)


def test_alpha_lock_keeps_alpha():
    image = new_image()
    layer = add_layer(image)
    layer.set_lock_alpha(True)
    before = [pixel[3] for row in rows(layer) for pixel in row]
    restored(image, layer)
    assert [pixel[3] for row in rows(layer) for pixel in row] == before


# Larger


def test_the_shipped_model_gives_what_the_command_line_gives():
    for scale in (2, 1.5):
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(FOLDER / "photo.png")))
        expected = Gimp.file_load(
            Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(FOLDER / f"photo-{scale}.png"))
        )
        done("upscale", image, image.get_layers(), scale=float(scale))
        assert (image.get_width(), image.get_height()) == (expected.get_width(), expected.get_height())
        assert rows(image.get_layers()[0]) == rows(expected.get_layers()[0]), scale


def test_the_whole_picture_grows_with_all_its_layers_and_masks():
    image = new_image()
    bottom = add_layer(image, alpha=False, seed=1)
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    inside = add_layer(image, sides=(11, 9), at=(-3, 4), parent=group, seed=2)
    mask = inside.create_mask(Gimp.AddMaskType.BLACK)
    inside.add_mask(mask)
    top = add_layer(image, sides=(20, 50), at=(17, -8), seed=3)
    hidden = add_layer(image, sides=(8, 8), at=(30, 20), seed=4)
    hidden.set_visible(False)
    top.set_lock_alpha(True)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 4, 4, 6, 6)
    layers = [bottom, inside, top, hidden]
    before = [rows(layer) for layer in layers]
    places = [layer.get_offsets()[1:] for layer in layers]
    done("upscale", image, [bottom], scale=2.0, model=IDENTITY_X2)
    assert (image.get_width(), image.get_height()) == (80, 60)
    for layer, old, place in zip(layers, before, places):
        assert list(layer.get_offsets()[1:]) == [2 * side for side in place]
        for a, b in zip(doubled(old), rows(layer)):
            for p, q in zip(a, b):  # alpha is enlarged smoothly
                assert p[:3] == q[:3] or p[3] == 0, (layer.get_name(), p, q)
    assert (mask.get_width(), mask.get_height()) == (22, 18) and not any(values(mask))
    selected = Gimp.Selection.bounds(image)
    near(tuple(selected[2:]), (8, 8, 20, 20), 1)


def test_odd_sizes_and_uneven_scales_fit():
    image = new_image(sides=(37, 23))
    layers = [add_layer(image, sides=(37, 23)), add_layer(image, sides=(13, 9), at=(5, 3), seed=2)]
    done("upscale", image, [layers[0]], scale=1.7)
    assert (image.get_width(), image.get_height()) == (round(37 * 1.7), round(23 * 1.7))
    sizes = [(layer.get_width(), layer.get_height()) for layer in layers]
    assert sizes == [(63, 39), (22, 15)], sizes


def test_only_the_layer_grows_where_that_is_asked():
    image = new_image()
    other = add_layer(image, seed=1)
    layer = add_layer(image, alpha=False, sides=(10, 8), at=(10, 10), seed=2)
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    before = rows(layer)
    untouched = values(other)
    done("upscale", image, [layer], scale=2.0, model=IDENTITY_X2, target="layer")
    assert rows(layer) == doubled(before)
    assert (mask.get_width(), mask.get_height()) == (20, 16)
    assert (image.get_width(), image.get_height()) == SIDES and values(other) == untouched


def test_a_layer_alone_keeps_its_middle():
    image = new_image()
    layer = add_layer(image, alpha=False, sides=(10, 8), at=(10, -3), seed=2)
    before = rows(layer)
    done("upscale", image, [layer], scale=2.0, model=IDENTITY_X2, target="layer")
    assert rows(layer) == doubled(before)
    assert list(layer.get_offsets()[1:]) == [5, -7]


def test_masks_of_groups_and_locked_places_grow_too():
    image = new_image()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    inside = add_layer(image, alpha=False, parent=group, seed=2)
    mask = group.create_mask(Gimp.AddMaskType.BLACK)
    group.add_mask(mask)
    locked = add_layer(image, alpha=False, sides=(9, 7), at=(4, 5), seed=3)
    locked.set_lock_position(True)
    before = [rows(inside), rows(locked)]
    done("upscale", image, [inside], scale=2.0, model=IDENTITY_X2)
    assert [rows(inside), rows(locked)] == [doubled(each) for each in before]
    assert (mask.get_width(), mask.get_height()) == (80, 60) and not any(values(mask))
    assert list(locked.get_offsets()[1:]) == [8, 10] and locked.get_lock_position()


def test_a_text_layer_grows_as_pixels():
    image = new_image(sides=(200, 60))
    font = next(font for font in iter(Gimp.context_get_font, None) if font or time.sleep(0.2))  # they load
    text = Gimp.TextLayer.new(image, "Unfade", font, 24, Gimp.Unit.pixel())
    image.insert_layer(text, None, 0)
    text.set_offsets(10, 6)
    before, sides = rows(text), (text.get_width(), text.get_height())
    done("upscale", image, [text], scale=2.0, model=IDENTITY_X2)
    assert (text.get_width(), text.get_height()) == (2 * sides[0], 2 * sides[1])
    assert list(text.get_offsets()[1:]) == [20, 12]
    solid = [(p, q) for a, b in zip(doubled(before), rows(text)) for p, q in zip(a, b) if p[3] == q[3] == 255]
    assert len(solid) > 100 and all(p == q for p, q in solid)


def test_gray_and_deep_pictures_grow():
    for base, precision in ((GRAY, "U8_NON_LINEAR"), (RGB, "U16_NON_LINEAR"), (RGB, "HALF_LINEAR")):
        image = new_image(base, precision)
        layer = add_layer(image, alpha=False)
        before = rows(layer)
        done("upscale", image, [layer], scale=2.0, model=IDENTITY_X2)
        assert rows(layer) == doubled(before), precision


def test_repeat_does_it_again():
    image = new_image()
    layer = add_layer(image, alpha=False, sides=(8, 8))
    done("upscale", image, [layer], scale=2.0, model=IDENTITY_X2, target="layer")
    done("repeat", image, [layer])
    assert (layer.get_width(), layer.get_height()) == (32, 32)


# What goes wrong


def test_sentences_for_what_cannot_be_filtered():
    image = new_image()
    layer = add_layer(image)
    before = values(layer)
    group = Gimp.GroupLayer.new(image, "set")
    image.insert_layer(group, None, 0)
    within = add_layer(image, parent=group)
    refused("The layer group set has no pixels", "upscale", image, [group])
    refused("one layer at a time", "upscale", image, [layer, within])
    layer.set_lock_content(True)
    refused("are locked", "upscale", image, [layer], target="layer")
    refused("are locked", "upscale", image, [within])  # the whole picture includes the locked layer
    layer.set_lock_content(False)
    layer.set_lock_position(True)
    refused("position and size of noise 1 are locked", "upscale", image, [layer], target="layer")
    layer.set_lock_position(False)
    group.set_lock_content(True)
    refused("of set are locked", "upscale", image, [within], target="layer")
    refused("of set are locked", "deartifact", image, [within], model=HALF)
    group.set_lock_content(False)
    layer.set_offsets(10, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 5, 5)
    refused("no pixel in common", "upscale", image, [layer])
    Gimp.Selection.none(image)
    refused("detail must be a number from 0 to 1", "upscale", image, [layer], detail=-0.5)
    refused("scale must be a number from 1 to 4", "upscale", image, [layer], scale=9.0)
    refused("target must be", "upscale", image, [layer], target="all")
    refused("nonesuch", "upscale", image, [layer], model="nonesuch")
    assert values(layer) == before and (image.get_width(), image.get_height()) == SIDES


def test_an_indexed_picture_gets_a_sentence():
    image = new_image()
    layer = add_layer(image, alpha=False)
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.WEB, 0, False, False, "")
    refused("Image > Mode > RGB", "upscale", image, [layer])


def test_colours_for_a_mask_are_refused_before_anything_runs():
    image = new_image(GRAY)
    layer = add_layer(image)
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    restore = settings(command=["/nowhere/python3"])
    try:
        refused("Only layers can get colours", "colorize", image, [mask])
    finally:
        restore()
    assert image.get_base_type() == GRAY


def test_an_absent_engine_gets_a_sentence():
    image = new_image()
    layer = add_layer(image)
    before = values(layer)
    restore = settings(command=["/nowhere/python3"])
    try:
        refused("install Unfade again", "upscale", image, [layer])
    finally:
        restore()
    assert values(layer) == before


def test_a_dying_engine_leaves_the_picture_alone():
    image = new_image(sides=(3000, 2000))
    layer = Gimp.Layer.new(image, "large", 3000, 2000, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    python = json.loads((PLUGIN / "unfade.json").read_text())["command"][0]
    for _, dying in dying_engines(FOLDER, python):
        restore = settings(command=[dying])
        try:
            refused(SAID, "upscale", image, [layer])
        finally:
            restore()
        assert image.get_layers() == [layer]
        assert (image.get_width(), layer.get_height()) == (3000, 2000)


def test_a_gray_picture_that_gets_colours_becomes_rgb():
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(FOLDER / "gray.png")))
    layer = image.get_layers()[0]
    assert image.get_base_type() == GRAY
    done("colorize", image, [layer], model=str(FOLDER / "tint.onnx"))
    assert image.get_base_type() == RGB
    assert any(len(set(pixel)) > 1 for row in rows(layer) for pixel in row)


def test_gray_and_rgb_get_the_same_colours():
    tint = str(FOLDER / "tint.onnx")
    for alpha, precision in ((False, "U8_NON_LINEAR"), (True, "U16_NON_LINEAR")):
        gray = new_image(GRAY, precision)
        layer = add_layer(gray, alpha)
        other = gray.duplicate()
        other.convert_rgb()
        done("colorize", gray, [layer], model=tint)
        assert gray.get_base_type() == RGB
        done("colorize", other, other.get_layers(), model=tint)
        for a, b in zip(rows(layer), rows(other.get_layers()[0])):
            for p, q in zip(a, b):
                near(p if p[-1] else q, q, 1)  # a step of the precision


def srgb(drawable):
    """The pixels as sRGB shows them, 16 bits."""
    everything = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    data = bytes(drawable.get_buffer().get(everything, 1.0, "R'G'B' u16", Gegl.AbyssPolicy.NONE))
    return struct.unpack(f"<{len(data) // 2}H", data)


def muted(precision, profile, gray):
    """A picture in a profile, of colours that sRGB can show; with its layer."""
    image = new_image(precision=precision)
    image.set_color_profile(profile)
    layer = add_layer(image, alpha=False)
    dice = random.Random(3)
    values = [[dice.randrange(100, 140)] * 3 if gray else [dice.randrange(100, 140) for _ in range(3)]
              for _ in range(SIDES[0] * SIDES[1])]  # fmt: skip
    buffer = layer.get_buffer()
    encoding = Babl.format_with_space("R'G'B' u8", Babl.format_get_space(layer.get_format()))
    data = bytes(value for pixel in values for value in pixel)
    buffer.set(Gegl.Rectangle.new(0, 0, *SIDES), Babl.get_name(encoding), data)
    buffer.flush()
    return image, layer


def test_colorize_honours_the_profile():
    tint, adobe = str(FOLDER / "tint.onnx"), Gimp.ColorProfile.new_rgb_adobe()
    for precision in ("U8_NON_LINEAR", "U16_NON_LINEAR", "U16_LINEAR"):
        unit = 1 if precision[:2] == "U8" else 257
        image, layer = muted(precision, adobe, gray=False)
        before = srgb(layer)
        done("colorize", image, [layer], model=tint, strength=0.0)
        near(srgb(layer), before, 1.6 * 257 if unit == 1 else 128)
        image, layer = muted(precision, adobe, gray=True)
        plain = new_image(precision="U16_NON_LINEAR")
        twin = add_layer(plain, alpha=False)
        data = struct.pack(f"<{len(srgb(layer))}H", *srgb(layer))
        buffer = twin.get_buffer()
        buffer.set(Gegl.Rectangle.new(0, 0, *SIDES), "R'G'B' u16", data)
        buffer.flush()
        done("colorize", image, [layer], model=tint)
        done("colorize", plain, [twin], model=tint)
        assert len(set(values(layer)[:3])) > 1
        near(srgb(layer), srgb(twin), 1.6 * 257 if unit == 1 else 200)
        assert image.get_color_profile().is_equal(adobe)


def test_all_filters_are_in_one_menu_and_what_repeats_is_beside_it():
    names = [filter["name"] for filter in json.loads((PLUGIN / "unfade.json").read_text())["filters"]]
    menu = "<Image>/Filters/Enhance"
    for name, path in (*((name, menu + "/Unfade") for name in names), ("repeat", menu)):
        procedure = Gimp.get_pdb().lookup_procedure(f"plug-in-unfade-{name}")
        assert [path.replace("_", "") for path in procedure.get_menu_paths()] == [path], name


def test_arguments_are_those_of_the_command_line():
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-unfade-upscale")
    arguments = {argument.get_name(): argument for argument in procedure.get_arguments()}
    scale = arguments["scale"]
    assert scale.default_value == 2 and scale.get_blurb().endswith("From 1 to 4.")
    assert arguments["detail"].get_blurb().endswith("From 0 to 1. -1 leaves it out.")
    filters = json.loads((PLUGIN / "unfade.json").read_text())["filters"]
    options = next(filter["options"] for filter in filters if filter["name"] == "upscale")
    for option in options:
        assert arguments[option["name"]].get_blurb().startswith(option["help"])


def tests():
    yield from mode_tests()
    yield from (
        (name[5:].replace("_", " "), test)
        for name, test in list(globals().items())
        if name.startswith("test_")
    )


def main():
    passed = failed = 0
    wanted = os.environ.get("UNFADE_TEST_ONLY", "")
    for name, test in tests():
        if wanted not in name:
            continue
        start = time.monotonic()
        try:
            test()
            passed += 1
            print(f"ok   {time.monotonic() - start:5.1f} s  {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {time.monotonic() - start:5.1f} s  {name}\n{traceback.format_exc()}", flush=True)
        for image in Gimp.get_images():
            image.delete()
    print(f"{passed} passed, {failed} failed", flush=True)


main()
