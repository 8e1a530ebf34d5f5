"""GAN objectives: cross-entropy, adaptive, hinge, Wasserstein, relativistic average.

A critic gives logits of any shape ``[N, ...]``: one a picture, or one a patch. Real pictures should score
high. All losses are float32 scalars.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..device import full_precision


class AdaptiveLoss(nn.Module):
    """A criterion whose target, one value a picture, is expanded to the critic's map of patches.

    fast.ai course v3, lesson 7 (``AdaptiveLoss(nn.BCEWithLogitsLoss())``): the critic is pretrained as a
    classifier with it.
    """

    def __init__(self, criterion: Callable[[Tensor, Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self.criterion = criterion or F.binary_cross_entropy_with_logits

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """``logits`` ``[N, ...]``, ``target`` ``[N]`` in [0, 1] (1: real) -> scalar."""
        target = target.float().view(-1, *[1] * (logits.dim() - 1))
        return self.criterion(logits.float(), target.expand_as(logits))


class Objective(nn.Module, ABC):
    """The losses of critic and generator; each side minimises its own.

    Attributes:
        relativistic: the generator's loss looks at the real pictures' logits too, so they must be given.
    """

    relativistic = False

    @abstractmethod
    def critic(self, real: Tensor, fake: Tensor) -> Tensor:
        """The critic's loss on its logits of real and of (detached) generated pictures."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """The generator's loss on the critic's logits; ``real`` is wanted where :attr:`relativistic`."""

    def penalty(self, critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor | None:  # noqa: ARG002
        """What is added to the critic's loss, or None; pictures are ``[N, C, H, W]``."""
        return None

    def after_critic_step(self, critic: nn.Module) -> None:
        """Called after each optimizer step of the critic; Wasserstein clips the weights here."""


class CrossEntropy(Objective):
    """Binary cross-entropy, one verdict a picture: a map of patches is averaged to one logit first.

    Critic ``(BCE(D(x), real_label) + BCE(D(G(z)), 0)) / 2``, generator ``BCE(D(G(z)), 1)``: the
    non-saturating objective of Goodfellow et al., "Generative Adversarial Nets", 2014. A ``real_label`` of
    0.9 is the one-sided label smoothing of Salimans et al., 2016.
    """

    def __init__(self, real_label: float = 1.0) -> None:
        super().__init__()
        if not 0.5 < real_label <= 1:
            raise ValueError(f"real_label must be above 0.5 and at most 1, not {real_label}.")
        self.real_label = real_label

    def critic(self, real: Tensor, fake: Tensor) -> Tensor:
        return (self._judge(real, self.real_label) + self._judge(fake, 0.0)) / 2

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:  # noqa: ARG002
        return self._judge(fake, 1.0)

    def _judge(self, logits: Tensor, label: float) -> Tensor:
        return _bce(logits.float().reshape(len(logits), -1).mean(1), label)


class Adaptive(CrossEntropy):
    """The lesson's critic loss: :class:`CrossEntropy` of every patch (:class:`AdaptiveLoss`), averaged.

    Also the objective of PatchGAN (Isola et al., "Image-to-Image Translation with Conditional Adversarial
    Networks", CVPR 2017).
    """

    def _judge(self, logits: Tensor, label: float) -> Tensor:
        return _bce(logits.float(), label)


class Hinge(Objective):
    """Critic ``mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z)))``, generator ``-mean D(G(z))``.

    Lim and Ye, "Geometric GAN", 2017; Miyato et al., "Spectral Normalization for GANs", ICLR 2018.
    """

    def critic(self, real: Tensor, fake: Tensor) -> Tensor:
        return F.relu(1 - real.float()).mean() + F.relu(1 + fake.float()).mean()

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:  # noqa: ARG002
        return -fake.float().mean()


class Wasserstein(Objective):
    """Critic ``mean D(G(z)) - mean D(x)``, generator ``-mean D(G(z))``; the critic is held near Lipschitz 1.

    Arjovsky et al., "Wasserstein GAN", ICML 2017 (weights clipped to ``[-clip, clip]``, there 0.01), or
    Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017 (``gradient_penalty``, there 10;
    the critic must not use batch norm).

    Args:
        gradient_penalty: weight of the penalty; 0 for none.
        clip: bound of the critic's weights after each step; 0 for none.
    """

    def __init__(self, gradient_penalty: float = 10.0, clip: float = 0.0) -> None:
        super().__init__()
        if gradient_penalty < 0 or clip < 0 or not (gradient_penalty or clip):
            raise ValueError("wasserstein needs gradient_penalty or clip above 0 to hold the critic.")
        self.gradient_penalty, self.clip = gradient_penalty, clip

    def critic(self, real: Tensor, fake: Tensor) -> Tensor:
        return fake.float().mean() - real.float().mean()

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:  # noqa: ARG002
        return -fake.float().mean()

    def penalty(self, critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor | None:
        if not self.gradient_penalty:
            return None
        return self.gradient_penalty * gradient_penalty(critic, real, fake)

    @torch.no_grad()
    def after_critic_step(self, critic: nn.Module) -> None:
        if self.clip:
            for weight in critic.parameters():
                weight.clamp_(-self.clip, self.clip)


class RelativisticAverage(Objective):
    """How much more real than the average generated picture a real one is, and the other way round.

    With ``r = D(x) - mean D(G(z))`` and ``f = D(G(z)) - mean D(x)``: critic ``(BCE(r, 1) + BCE(f, 0)) / 2``,
    generator ``(BCE(r, 0) + BCE(f, 1)) / 2``. The means are over the pictures that go through at once, so
    more processes or smaller micro-batches give other losses for the same batch. Jolicoeur-Martineau, "The
    relativistic discriminator", ICLR 2019 (RaGAN); used by ESRGAN.
    """

    relativistic = True

    def critic(self, real: Tensor, fake: Tensor) -> Tensor:
        r, f = self._relative(real, fake)
        return (_bce(r, 1.0) + _bce(f, 0.0)) / 2

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        if real is None:
            raise ValueError("the relativistic generator loss needs the logits of the real pictures as well")
        r, f = self._relative(real, fake)
        return (_bce(r, 0.0) + _bce(f, 1.0)) / 2

    @staticmethod
    def _relative(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        real, fake = real.float(), fake.float()
        return real - fake.mean(0, keepdim=True), fake - real.mean(0, keepdim=True)


def gradient_penalty(critic: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """``mean (|grad D(x)| - 1)^2`` at random points between real and generated pictures ``[N, C, H, W]``.

    ``D`` is the mean of a picture's logits, the norm is over its pixels, and the pass runs in float32:
    half-precision second derivatives overflow.
    """
    between = torch.rand(len(real), 1, 1, 1, device=real.device)
    points = torch.lerp(fake.detach().float(), real.detach().float(), between).requires_grad_()
    with torch.enable_grad(), full_precision(real):
        score = critic(points).reshape(len(points), -1).mean(1).sum()
        (slope,) = torch.autograd.grad(score, points, create_graph=True)
    # The root has no gradient at 0; a critic that is flat somewhere must not turn the weights into NaN.
    length = slope.flatten(1).square().sum(1).clamp_min(1e-16).sqrt()
    return (length - 1).square().mean()


def critic_accuracy(real: Tensor, fake: Tensor) -> Tensor:
    """Share of right verdicts in [0, 1], both kinds alike (the lesson: ``accuracy_thresh_expand``)."""
    return ((real > 0).float().mean() + (fake <= 0).float().mean()) / 2


def _bce(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
