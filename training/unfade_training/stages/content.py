"""The generator's side of a stage: its loss against the target, its moving average, its encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..checkpoint import load_weights
from ..coding import Coding
from ..data import Batch
from ..ema import Ema
from ..errors import TrainingError
from ..losses import LossValue, WeightedLoss, build_loss, mask_terms
from ..networks import Encoder
from ..networks.norms import hold_norms
from .learner import Learner
from .spec import GeneratorOptions

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint
    from ..run import Run


class Content(nn.Module):
    """The stage's loss between what the generator makes and the target, the mask's loss included."""

    def __init__(self, spec: GeneratorOptions, where: str) -> None:
        super().__init__()
        self.loss: WeightedLoss = build_loss(spec.loss, f"{where}, loss")
        self.mask_weight = spec.mask_weight

    def forward(self, output: Tensor, batch: Batch, coding: Coding) -> LossValue:
        """The loss of a batch.

        Args:
            output: NCHW, the picture's channels first, then the mask where the network has one.
            batch: with the targets.
            coding: what both mean.
        """
        channels = batch.target.shape[1]
        picture = output[:, :channels]
        value: LossValue = self.loss(picture, batch.target, coding.rgb)
        if output.shape[1] == channels or batch.mask is None:
            return value
        terms = {
            f"mask/{name}": self.mask_weight * term
            for name, term in mask_terms(output[:, channels:], batch.mask).items()
        }
        total = value.total + sum(terms.values())
        return LossValue(total, {**value.terms, **{name: term.detach() for name, term in terms.items()}})


def freeze_parts(network: nn.Module, names: Sequence[str]) -> None:
    """Hold the weights and the norms' statistics of some of a network's parts, and let all others train."""
    network.train()
    for name, part in network.named_children():
        part.requires_grad_(name not in names).train(name not in names)


class GeneratorLearner(Learner):
    """The run's generator in training.

    Attributes:
        ema: the moving average of its weights.
    """

    def __init__(self, run: Run, spec: GeneratorOptions, resumed: Checkpoint | None) -> None:
        freeze_parts(run.generator, spec.freeze)
        encoder = getattr(run.generator, "encoder", None)
        if isinstance(encoder, Encoder):
            encoder.freeze(spec.freeze_encoder)
            encoder.drop = spec.drop_features
        elif spec.freeze_encoder or spec.encoder_lr != 1 or spec.drop_features:
            raise TrainingError(
                "freeze_encoder, encoder_lr and drop_features are for networks with a pretrained encoder, "
                f"which {type(run.generator).__name__} has not."
            )
        if spec.hold_norms:
            hold_norms(run.generator)
        self._coding = run.coding
        self.ema = Ema(run.generator, spec.ema)
        if resumed is not None:
            load_weights(self.ema.module, resumed.tensors["ema"], str(run.last))
        super().__init__(
            run.fabric,
            run.generator,
            spec,
            encoder_lr=spec.encoder_lr,
            compiled=run.recipe.compile,
            resumed=resumed,
        )

    def generate(self, batch: Batch) -> Tensor:
        """What the network makes of a batch's pictures, comparable with its targets."""
        return self._coding.output(self.forward(batch.picture), batch.target)

    def tensors(self) -> dict[str, Mapping[str, Tensor]]:
        return {**super().tensors(), "ema": self.ema.module.state_dict()}

    def adopt_average(self) -> None:
        """Go on with the averaged weights."""
        self.network.load_state_dict(self.ema.module.state_dict())
