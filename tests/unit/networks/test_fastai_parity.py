"""resnet_unet against the U-net of the lesson, counted layer by layer."""

from __future__ import annotations

from unfade_training.networks import build_network, count_parameters

LESSON = {"encoder": "resnet34", "blur": True, "norm": "weight", "last_cross": True, "y_range": (-3.0, 3.0)}


def conv(inputs: int, outputs: int, kernel: int = 3) -> int:
    """A convolution with a bias and weight norm, which learns a length for each filter besides."""
    return inputs * outputs * kernel**2 + 2 * outputs


def norm(channels: int) -> int:
    """A batch norm: scale and shift."""
    return 2 * channels


def block(below: int, skip: int, outputs: int) -> int:
    """fastai's UnetBlock: PixelShuffle_ICNR to half the channels, norm of the skip, two convolutions."""
    return (
        conv(below, below // 2 * 4, 1)
        + norm(skip)
        + conv(below // 2 + skip, outputs)
        + conv(outputs, outputs)
    )


def lesson(self_attention: bool) -> int:
    """``unet_learner(data, models.resnet34, blur=True, norm_type=NormType.Weight, self_attention=...,
    last_cross=True)`` of fastai 1.0.61 (``vision/models/unet.py``, ``layers.py``) with three classes."""
    # torchvision's ResNet-34 has 21,797,672 parameters, 1000 * 512 + 1000 of them in the classifier
    encoder = 21_797_672 - 513_000
    middle = norm(512) + conv(512, 1024) + conv(1024, 512)
    # all but the last block keep as many channels as they join; the last one halves them
    blocks = block(512, 256, 512) + block(512, 128, 384) + block(384, 64, 256) + block(256, 64, 96)
    # in the block at stride 8: query and key with an eighth of its 384 channels, value, gamma; no biases
    attention = 2 * 384 * 48 + 384 * 384 + 1
    up = conv(96, 96 * 4, 1)
    # the input's three channels join: a residual block and a 1x1 convolution on 99
    end = 2 * conv(99, 99) + conv(99, 3, 1)
    return encoder + middle + blocks + attention * self_attention + up + end


def test_the_lessons_network_has_the_lessons_parameters() -> None:
    for attention, published in ((True, 41_413_534), (False, 41_229_213)):
        assert lesson(attention) == published
        network = build_network("resnet_unet", self_attention=attention, **LESSON)
        assert count_parameters(network) == published
