"""Random U-nets and plain convolutional networks for the tiling tests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from tests.models import Network, Node, save_network


@dataclass(frozen=True)
class Shape:
    """What a random network looks like."""

    scale: int
    levels: int
    """How often it halves the size: its size multiple is 2 to that."""
    kernel: int
    shuffle: bool
    """PixelShuffle on the way up; nearest-neighbour enlargement otherwise."""
    residual: bool
    """Adds the bilinear enlargement of the input, as the shipped models do."""
    channels: int
    seed: int

    @property
    def multiple(self) -> int:
        return 1 << self.levels


shapes = st.builds(
    Shape,
    scale=st.sampled_from([1, 2, 4]),
    levels=st.sampled_from([0, 2, 3]),
    kernel=st.sampled_from([3, 5]),
    shuffle=st.booleans(),
    residual=st.booleans(),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**16),
)


def build(path: Path, shape: Shape, *, halo_lack: int = 0) -> Path:
    """Write the network; its card's halo is the true receptive radius less ``halo_lack``."""
    network = Network(shape.channels, seed=shape.seed)
    x = network.relu(network.conv(network.input, 4, kernel=shape.kernel))
    skips: list[Node] = []
    for _ in range(shape.levels):
        skips.append(x)
        x = network.relu(network.conv(x, 6, stride=2))
    x = network.relu(network.conv(x, 6))
    for skip in reversed(skips):
        if shape.shuffle:
            x = network.pixel_shuffle(network.conv(x, 16, kernel=1), 2)
        else:
            x = network.nearest(network.conv(x, 4, kernel=1), 2)
        x = network.relu(network.conv(network.concat(x, skip), 4, kernel=shape.kernel))
    last = network.conv(x, shape.channels * shape.scale**2, gain=0.5)
    output = network.pixel_shuffle(last, shape.scale) if shape.scale > 1 else last
    if shape.residual:
        base = network.bilinear(network.input, shape.scale) if shape.scale > 1 else network.input
        output = network.add(output, base)
    # A last convolution at full size: zero padding there too has to be where the picture ends.
    # Squeezed into (0, 1), so that clipping hides no difference and no random network is black.
    output = network.sigmoid(network.conv(output, shape.channels, gain=0.7))
    halo = max(0, output.radius - halo_lack)
    return save_network(path, network, output, size_multiple=shape.multiple, halo=halo)
