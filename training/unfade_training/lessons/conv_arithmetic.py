"""How large what comes out of a convolution is, where checkerboards come from, and how far a network sees:
``python -m unfade_training.lessons.conv_arithmetic``.

Three tables and three pictures, all computed here and none trained. The arithmetic is Dumoulin and Visin, "A
guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285; checkerboards are
Odena et al., "Deconvolution and Checkerboard Artifacts", Distill 2016, and Aitken et al. 2017,
https://arxiv.org/abs/1707.02937.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..files import make_folder
from ..networks import receptive_radius
from ..networks.blocks import Blur, icnr_
from ..networks.fast_unet import FastUnet
from . import Lesson
from .showing import LessonCommand, output_option, seed_option, write_sheet

LESSON = Lesson(
    number=12,
    shows="Sizes, strides, transposed and sub-pixel convolutions, checkerboards, and the halo of a tile",
    minutes=1,
    command="python -m unfade_training.lessons.conv_arithmetic",
)
SIDE = 48  # of the pictures that are looked at, before they are enlarged
TILE = 64


# 1. How large is what comes out?


def convolved(n: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Side of what a convolution makes of ``n`` pixels: a kernel's first place is 0 and its last one where it
    still fits."""
    return (n + 2 * padding - kernel) // stride + 1


def transposed(n: int, kernel: int, stride: int = 1, padding: int = 0, more: int = 0) -> int:
    """Side of what the transposed convolution makes, which has the convolution's pixels the other way round:
    each of ``n`` pixels writes a kernel, ``stride`` pixels apart. A convolution of stride 2 makes 4 of 7 and
    of 8, so ``more`` says which of them to go back to (``output_padding``)."""
    return (n - 1) * stride + kernel - 2 * padding + more


def sub_pixel(n: int, factor: int) -> int:
    """Side after a PixelShuffle: each pixel's channels become a square of pixels."""
    return n * factor


@dataclass(frozen=True)
class Size:
    """A line of the table: a layer, its input's side, and what the formula says."""

    shown: str
    layer: nn.Module
    n: int
    formula: int


def sizes() -> list[Size]:
    """The layers that this repository is made of, and some that show what may go wrong."""
    conv, up = nn.Conv2d, nn.ConvTranspose2d
    return [
        Size("convolution 3, padding 1", conv(1, 1, 3, padding=1), 28, convolved(28, 3, 1, 1)),
        Size("convolution 3, stride 2, padding 1", conv(1, 1, 3, 2, 1), 28, convolved(28, 3, 2, 1)),
        Size("the same of 7 pixels", conv(1, 1, 3, 2, 1), 7, convolved(7, 3, 2, 1)),
        Size("the same of 8 pixels", conv(1, 1, 3, 2, 1), 8, convolved(8, 3, 2, 1)),
        Size("convolution 4, stride 2, padding 1", conv(1, 1, 4, 2, 1), 8, convolved(8, 4, 2, 1)),
        Size("transposed 3, stride 2, padding 1", up(1, 1, 3, 2, 1), 4, transposed(4, 3, 2, 1)),
        Size("the same, output_padding 1", up(1, 1, 3, 2, 1, 1), 4, transposed(4, 3, 2, 1, 1)),
        Size("transposed 4, stride 2, padding 1", up(1, 1, 4, 2, 1), 4, transposed(4, 4, 2, 1)),
        Size(
            "convolution 1 to four channels, PixelShuffle 2",
            nn.Sequential(conv(1, 4, 1), nn.PixelShuffle(2)),
            4,
            sub_pixel(4, 2),
        ),
    ]


# 2. Where do checkerboards come from?


def coverage(kernel: int, stride: int, n: int = 6) -> Tensor:
    """How many of a transposed convolution's kernels write each pixel: ``[h, w]``. Where ``stride`` does not
    divide ``kernel`` it is a checkerboard before anything is learnt."""
    ones = torch.ones(1, 1, kernel, kernel)
    return F.conv_transpose2d(torch.ones(1, 1, n, n), ones, stride=stride, padding=kernel // 2)[0, 0]


def gentle(side: int, channels: int) -> Tensor:
    """``[1, channels, side, side]``: a slope and a round hill, smooth as a sky."""
    y, x = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing="ij")
    hill = torch.exp(-((y - 0.5) ** 2 + (x - 0.5) ** 2) * 6)
    phases = torch.linspace(0, 1, channels).view(-1, 1, 1)
    return ((1 - phases) * (0.3 + 0.4 * x) + phases * hill)[None]


def upsamplers(channels: int, seed: int) -> dict[str, Callable[[Tensor], Tensor]]:
    """Ways of doubling a picture, with random weights as training begins with them."""
    torch.manual_seed(seed)
    up3 = nn.ConvTranspose2d(channels, 3, 3, 2, 1, 1, bias=False)
    up4 = nn.ConvTranspose2d(channels, 3, 4, 2, 1, bias=False)
    free = nn.Conv2d(channels, 12, 3, padding=1, bias=False)
    equal = nn.Conv2d(channels, 12, 3, padding=1, bias=False)
    icnr_(equal.weight, 2)
    shuffle = nn.PixelShuffle(2)
    return {
        "transposed 3, stride 2": up3,
        "transposed 4, stride 2": up4,
        "sub-pixel, random": nn.Sequential(free, shuffle),
        "sub-pixel, random, blur": nn.Sequential(free, shuffle, Blur()),
        "sub-pixel, ICNR": nn.Sequential(equal, shuffle),
        "sub-pixel, ICNR, blur": nn.Sequential(equal, shuffle, Blur()),
    }


def checkerboard(picture: Tensor) -> float:
    """What repeats every second pixel of ``[1, C, H, W]``, as a share of the picture's deviation: the spread
    of the means of the four places within cells of 2 x 2, its margin left out."""
    inner = picture[..., 8:-8, 8:-8]
    places = F.pixel_unshuffle(inner, 2).reshape(inner.shape[1], 4, -1).mean(2)  # [C, 4]
    return float(places.std(1, unbiased=False).mean() / inner.std(dim=(2, 3)).mean())


# 3. How far does it see?


def radius_of(layers: list[tuple[int, int]]) -> int:
    """Radius of a stack of convolutions ``(kernel, stride)`` by arithmetic: each adds half its kernel, times
    the pixels that a step has cost before it."""
    radius, jump = 0, 1
    for kernel, stride in layers:
        radius += (kernel - 1) // 2 * jump
        jump *= stride
    return radius


def small_unet(seed: int) -> FastUnet:
    """A generator such as the shipped ones, but small, with weights as training begins with them."""
    torch.manual_seed(seed)
    return FastUnet(scale=2, channels=[8, 12, 16], encoder=[1, 1, 1], decoder=[1, 1]).eval()


@torch.inference_mode()
def influence(network: nn.Module, side: int = 64) -> Tensor:
    """``[H, W]``: how much a change of the middle pixel of a noisy picture changes each pixel that comes out,
    from 0 to 1 on a logarithmic scale over twelve powers of ten."""
    network = copy.deepcopy(network).double()  # or rounding would hide the faintest
    picture = torch.rand(1, 3, side, side, dtype=torch.float64)
    changed = picture.clone()
    changed[..., side // 2, side // 2] += 0.5
    difference: Tensor = (network(changed) - network(picture)).abs().amax(1)[0]
    return ((difference / difference.max()).clamp_min(1e-12).log10() / 12 + 1).float()


@torch.inference_mode()
def tiled(network: FastUnet, picture: Tensor, halo: int) -> Tensor:
    """The network's result put together from tiles, each seen with ``halo`` pixels around it; where the
    picture ends there are none to be seen."""
    scale, (height, width) = network.scale, picture.shape[-2:]
    rows = []
    for top in range(0, height, TILE):
        row = []
        for left in range(0, width, TILE):
            above, before = min(halo, top), min(halo, left)
            seen = picture[..., top - above : top + TILE + halo, left - before : left + TILE + halo]
            made = network(seen)[..., above * scale :, before * scale :]
            row.append(made[..., : TILE * scale, : TILE * scale])
        rows.append(torch.cat(row, 3))
    return torch.cat(rows, 2)


def halo_errors(network: FastUnet, picture: Tensor, halos: list[int]) -> dict[int, float]:
    """The largest difference between the picture in tiles and whole, in steps of 8 bits, for some halos that
    the network's size multiple divides."""
    with torch.inference_mode():
        whole = network(picture)
    return {halo: 255 * float((tiled(network, picture, halo) - whole).abs().max()) for halo in halos}


def tiled_sheet(network: FastUnet, picture: Tensor, halo: int) -> list[Tensor]:
    """Whole, in tiles without a halo, and twenty times their difference: ``[3, h, w]`` each."""
    with torch.inference_mode():
        whole = network(picture)[0]
    pieces = tiled(network, picture, halo)[0]
    return [whole, pieces, 0.5 + 20 * (pieces - whole)]


@click.command("conv_arithmetic", cls=LessonCommand)
@seed_option
@output_option("runs/conv_arithmetic")
def main(seed: int, output: Path) -> None:
    """Print the tables and draw the pictures."""
    folder = make_folder(output)
    click.echo("layer | pixels in | by the formula | by PyTorch")
    for size in sizes():
        made = size.layer(torch.zeros(1, 1, size.n, size.n)).shape[-1]
        click.echo(f"{size.shown} | {size.n} | {size.formula} | {made}")

    boards = [coverage(3, 2), coverage(4, 2)]
    click.echo("\nkernels that write a pixel of the middle row: kernel 3 | kernel 4 (stride 2)")
    click.echo(" | ".join(" ".join(f"{int(count)}" for count in board[4, 2:9]) for board in boards))

    click.echo("\ndoubled by | checkerboard")
    shown = []
    for name, up in upsamplers(16, seed).items():
        with torch.inference_mode():
            made = up(gentle(SIDE, 16))
        click.echo(f"{name} | {checkerboard(made):.3f}")
        inner = made[0, :, 32:-32, 32:-32]
        shown.append((inner - inner.amin()) / (inner.amax() - inner.amin()))
    write_sheet([shown[:3], shown[3:]], folder / "checkerboards.webp", enlarge=6)

    stack = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1)
    )
    by_hand = radius_of([(3, 1), (3, 2), (3, 1)])
    traced = receptive_radius(stack, 2, 0.5)
    network = small_unet(seed)
    radius = receptive_radius(network, network.size_multiple, network.scale)
    click.echo(f"\nthree convolutions of 3, the second of stride 2: radius {by_hand}, traced {traced}")
    click.echo(f"a small U-net: radius {radius}")
    write_sheet([[influence(network)[None]]], folder / "influence.webp", enlarge=2)

    picture = gentle(2 * TILE, 3) + 0.2 * torch.rand(1, 3, 2 * TILE, 2 * TILE)
    multiple = network.size_multiple
    enough = -(-radius // multiple) * multiple
    click.echo("\nhalo | largest difference between tiles and the whole, steps of 255")
    for halo, error in halo_errors(network, picture, [0, enough // 2 // multiple * multiple, enough]).items():
        click.echo(f"{halo} | {error:.2g}")
    write_sheet([tiled_sheet(network, picture, 0)], folder / "tiles.webp")
    click.echo(folder)


if __name__ == "__main__":
    main()
