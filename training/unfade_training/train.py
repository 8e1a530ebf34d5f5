"""Training, to be read from the top: set up, resume, the stages; a step of the generator and of the critic;
batches, validation, checkpoints.

``<run>/last.safetensors`` is all that is needed to go on after a kill; ``<run>/best.safetensors`` holds the
averaged generator with the best validation score.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.utils.data import DataLoader

from .build import (
    StageLosses,
    build_colour_transform,
    build_critic,
    build_dataset,
    build_degradation_of,
    build_generator,
    build_losses,
    build_lpips,
    check_judge,
    check_parts,
    open_photos,
    open_teacher,
)
from .checkpoint import (
    Checkpoint,
    adopt_initial_weights,
    load_checkpoint,
    load_weights,
    read_weights,
    save_checkpoint,
)
from .colour_transform import ColourTransform
from .config import (
    CriticConfig,
    GanConfig,
    GeneratorConfig,
    Recipe,
    StageConfig,
    overrides_of,
    with_overrides,
)
from .data import Batch, PhotoStore, ShardStore, StepSampler, Where, collate, orientations_of
from .degradations import Degradation
from .device import ANY, Machine, PeakMemory, loss_scaler, open_fabric
from .errors import TrainingError, count_of
from .files import check_folder, make_folder
from .losses import AdaptiveLoss, LossValue, Tally, content_loss, critic_accuracy
from .metrics import (
    EarlyStopping,
    Metric,
    Pair,
    held_out_loss,
    restore,
    validate,
    validation_pairs,
)
from .networks.blocks import silence_untrained_blocks
from .networks.norms import settle_norms
from .optim import Ema, Trainable, freeze_parts
from .report import Reporter
from .schedules import Interruption, Pace, UpdateSchedule, pace_of

T = TypeVar("T")

LAST = "last.safetensors"
LOG_EVERY = 50
ACCURACY_MEMORY = 0.95  # of the average that a critic's ``accuracy`` is compared with: about 20 steps


@dataclass
class Stage:
    """A stage of the recipe and its losses; :func:`start_stage` sets up what it trains."""

    config: StageConfig
    losses: StageLosses
    generator: Trainable | None = None
    ema: Ema | None = None
    teacher: nn.Module | None = None
    critic: Trainable | None = None
    updates: UpdateSchedule | None = None  # whether the generator or the critic of a GAN is next
    generator_steps: int = 0
    accuracy: float = 0.0  # of the critic, averaged over the last steps
    terms: dict[str, Tensor] = field(default_factory=dict)  # the latest of both sides
    told: Tally = field(default_factory=Tally)  # their means since the last validation

    @property
    def trainables(self) -> list[Trainable]:
        return [each for each in (self.generator, self.critic) if each is not None]

    def state(self) -> dict[str, float]:
        """Numbers that a resume needs."""
        if self.updates is not None:
            return {**self.updates.state(), "generator_steps": self.generator_steps}
        return {"accuracy": self.accuracy} if self.generator is None else {}


@dataclass(kw_only=True)
class Run:
    """What the stages of a run share: on the device, but not yet set up by Fabric."""

    fabric: Fabric
    recipe: Recipe
    folder: Path
    stages: list[Stage]
    generator: nn.Module
    critic: nn.Module | None
    transform: ColourTransform
    degradation: Degradation
    store: PhotoStore | ShardStore
    pairs: Sequence[Pair]  # held out, degraded
    lpips: Metric | None
    reporter: Reporter
    stopping: EarlyStopping
    interruption: Interruption
    finished_stages: int = 0
    finished_steps: int = 0  # of those stages
    saved_at: float = field(default_factory=time.monotonic)
    validation_seconds: float = 0.0  # that the last validation took, where a run goes by the clock

    @property
    def last(self) -> Path:
        """The checkpoint to resume from."""
        return self.folder / LAST


def train(
    recipe: Recipe,
    folder: Path,
    data: Sequence[Where],
    machine: Machine = ANY,
    *,
    save_seconds: float = 180.0,
    fresh: bool = False,
    minutes: float | None = None,
) -> Path:
    """Run all stages of a recipe, from the last checkpoint in ``folder`` if there is one.

    Args:
        recipe: what to do.
        folder: of the run; made if missing.
        data: folders of photographs, or shards; the recipe's own where empty.
        machine: what to compute on.
        save_seconds: between two ``last`` checkpoints.
        fresh: start over, though there is a checkpoint.
        minutes: be over after so many, decoding included, whatever the steps of the stages: those only say
            how time is shared among them. Schedules follow the clock, and no two runs are alike.

    Returns:
        The best checkpoint.

    Raises:
        TrainingError: one sentence about whatever is wrong with recipe, data, checkpoint or disk.
        KeyboardInterrupt: Ctrl+C, once the checkpoint is written.
    """
    until = None if minutes is None else time.monotonic() + 60 * minutes
    check_folder(folder)
    resuming = not fresh and (folder / LAST).exists()
    checkpoint = load_checkpoint(folder / LAST) if resuming else None
    with set_up(recipe, folder, data, machine, checkpoint) as run, run.interruption.heard():
        resumed = resume(run, checkpoint)
        checkpoint = None
        for stage in run.stages[run.finished_stages :]:
            begun = float(resumed.state.get("progress", 0.0)) if resumed else 0.0
            pace = pace_of(run.recipe.stage[run.finished_stages :], until, begun, run.validation_seconds)
            run.finished_steps += train_stage(run, stage, resumed, pace, save_seconds)
            run.finished_stages += 1
            resumed = None
            save_last(run)
    return folder / "best.safetensors"


@contextmanager
def set_up(
    recipe: Recipe,
    folder: Path,
    data: Sequence[Where],
    machine: Machine,
    checkpoint: Checkpoint | None = None,
    *,
    reports: bool = True,
) -> Iterator[Run]:
    """A run before its first step.

    All that can be wrong with the recipe is found here before anything is decoded, and what can be wrong
    with the photographs before anything is trained.

    Args:
        checkpoint: the folder's last one, where it is to be gone on with.
    """
    fabric = open_fabric(machine, recipe.precision, recipe.seed)
    if fabric.device.type == "cuda":
        # The command line's overrides win over the recipe's own for GPUs.
        recipe = with_overrides(recipe, {**recipe.gpu, **overrides_of(recipe.text)}, f"{recipe.name}, [gpu]")
    generator = build_generator(recipe).to(fabric.device)
    generator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    degradation = build_degradation_of(recipe, generator)
    transform = build_colour_transform(recipe, generator)
    check_judge(recipe, generator, transform)
    losses = build_losses(recipe, generator, fabric.world_size)
    check_parts([part for part in recipe.initial_weights if part], generator, f"{recipe.name}, init")
    critic = None
    if any(config.trains_critic for config in recipe.stage):
        critic = build_critic(recipe, generator).to(fabric.device)
    lpips = build_lpips(recipe)
    if checkpoint is not None:
        load_networks(checkpoint, folder / LAST, {"generator": generator, "critic": critic})
        del checkpoint  # or its tensors would be held until the run ends
    else:
        for part, file in recipe.initial_weights.items():
            read_weights(file, generator, part)
    with fabric.rank_zero_first():  # the first process decodes, the others find it done
        store = open_photos(recipe, data, folder.parent / "cache")
        if fabric.is_global_zero and isinstance(store, ShardStore):
            store.try_again()  # a shard that was lost may be back
        held = store.held_out(store.holdout(recipe.data.holdout))
        for config in recipe.stage:  # a patch larger than every photograph is told now, not hours later
            build_dataset(recipe, config, 0, store, degradation)
    if reports:
        make_folder(folder)
    with Reporter(folder, reports and fabric.is_global_zero) as reporter:
        run = Run(
            fabric=fabric,
            recipe=recipe,
            folder=folder,
            stages=[Stage(*both) for both in zip(recipe.stage, losses, strict=True)],
            generator=generator,
            critic=critic,
            transform=transform,
            degradation=degradation,
            store=store,
            pairs=validation_pairs(store, held, degradation.held_out()),
            lpips=lpips,
            reporter=reporter,
            stopping=EarlyStopping(recipe.judge),
            interruption=Interruption(),
        )
        yield run


def load_networks(checkpoint: Checkpoint, last: Path, networks: Mapping[str, nn.Module | None]) -> None:
    """Give the networks their weights in a folder's last checkpoint; TrainingError where it is of others."""
    for name, network in networks.items():
        if network is None:
            continue
        try:
            load_weights(network, checkpoint.tensors.get(name, {}), str(last))
        except TrainingError as error:
            raise TrainingError(
                f"{error} --fresh starts over in this folder, and -o names another one."
            ) from error


def resume(run: Run, checkpoint: Checkpoint | None) -> Checkpoint | None:
    """Put the run where its last checkpoint says it was, or at its beginning; the checkpoint if a stage is to
    be gone on with."""
    if checkpoint is None:
        left = adopt_initial_weights(run.generator, run.recipe.initial_weights)
        settle_norms(run.generator, lambda: _show_held_out(run))
        if run.recipe.initial_weights and (silenced := silence_untrained_blocks(run.generator, left)):
            run.reporter.say(f"{silenced} new residual blocks begin as the identity")
        return None
    state = checkpoint.state
    run.finished_stages, run.finished_steps = state["finished_stages"], state["finished_steps"]
    if run.finished_stages > len(run.stages):
        raise TrainingError(
            f"{run.last} has {count_of(run.finished_stages, 'stage')} behind it and the recipe "
            f"only {len(run.stages)}; take another folder, or --fresh to start over."
        )
    run.stopping.restore(state)
    run.validation_seconds = float(state.get("validation_seconds", 0.0))
    scaler = loss_scaler(run.fabric)
    if scaler is not None and "loss_scaler" in state:
        scaler.load_state_dict(state["loss_scaler"])
    run.reporter.say(f"going on after stage {run.finished_stages}, step {state['step']}")
    return checkpoint if state["step"] else None


def _show_held_out(run: Run) -> None:
    if not run.pairs:
        raise TrainingError("An ONNX model to begin with needs photographs held out, for its norms.")
    for pair in run.pairs:
        restore(run.generator, pair.degraded, run.transform, run.fabric.device)


def start_stage(run: Run, stage: Stage, resumed: Checkpoint | None = None) -> None:
    """Set up what the stage trains, from a checkpoint in the middle of it if there is one."""
    config = stage.config
    if isinstance(config, GeneratorConfig):
        assert stage.losses.content is not None
        stage.losses.content.to(run.fabric.device)
        if config.teacher:
            ways = orientations_of(run.recipe.data.upright) if config.teacher_turned else (0,)
            stage.teacher = open_teacher(Path(config.teacher), run.generator, ways).to(run.fabric.device)
            stage.teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        freeze_parts(run.generator, config)
        stage.ema = Ema(run.generator, config.ema)
        if resumed is not None:
            load_weights(stage.ema.module, resumed.tensors["ema"], str(run.last))
        stage.generator = Trainable(
            run.fabric,
            run.generator,
            config,
            encoder_lr=config.encoder_lr,
            compiled=run.recipe.compile,
            resumed=resumed,
        )
    else:
        run.generator.eval()
    if run.critic is not None and config.trains_critic:
        lr = (config.critic_lr if isinstance(config, GanConfig) else 0) or config.lr
        critic = run.critic.train()
        stage.critic = Trainable(run.fabric, critic, config, prefix="critic_", lr=lr, resumed=resumed)
    if isinstance(config, GanConfig):
        stage.updates = UpdateSchedule(config)
    run.stopping.start_stage()
    if resumed is not None:
        run.stopping.restore(resumed.state)
        state = resumed.state.get("stage_state", {})
        stage.accuracy = state.get("accuracy", 0.0)
        stage.generator_steps = int(state.get("generator_steps", resumed.state["step"]))
        if stage.updates is not None:
            stage.updates.restore(state)


def train_stage(run: Run, stage: Stage, resumed: Checkpoint | None, pace: Pace, save_seconds: float) -> int:
    """Train one stage to its end; the steps that were taken, those before a resume included."""
    config, fabric = stage.config, run.fabric
    memory = PeakMemory(fabric.device)
    start_stage(run, stage, resumed)
    done = int(resumed.state["step"]) if resumed else 0
    # Each stage ends with a validation; under the clock the last one alone that changes the generator.
    later = [isinstance(other, GeneratorConfig) for other in run.recipe.stage[run.finished_stages + 1 :]]
    ends_validated = pace.steps is not None or not any(later)

    def agreed(mine: T) -> T:
        # Processes must end, validate and save together, so one of them looks at the clock.
        return mine if pace.steps else fabric.broadcast(mine)

    def stops_early() -> bool:
        return run.stopping.should_stop(config.patience) or (
            isinstance(config, CriticConfig) and 0 < config.accuracy <= stage.accuracy
        )

    run.reporter.start_stage(f"{run.recipe.name}: {config.kind}", pace.steps, done)
    given = batches(run, config, done, pace.steps or sys.maxsize)
    progress = agreed(pace.progress(done))
    while progress < 1 and not stops_early():
        batch = next(given)  # before the seed: a loader draws a random number when it begins
        # Dropout and random points are functions of the step, as patches are: a resume draws the same.
        torch.manual_seed(hash((run.recipe.seed, run.finished_stages, done, fabric.global_rank)))
        rates = [trainable.set_rate(done, progress) for trainable in stage.trainables]
        training_step(run, stage, batch)
        done += 1
        progress = agreed(pace.progress(done))

        due = agreed(pace.validates(done, progress))
        validating = due or progress >= 1
        saving = validating or time.monotonic() - run.saved_at > save_seconds
        together = validating or done % LOG_EVERY == 0  # whether a save is due, each process knows for itself
        if together or saving:
            mean = stage.trainables[0].mean if together else float
            terms = {name: mean(term) for name, term in stage.terms.items()}
            check_finite(terms, done)
            run.reporter.step(terms, rates[0], run.finished_steps + done)
        run.reporter.advance()
        if stage.ema is not None and (due or (progress >= 1 and ends_validated)):
            of_steps = f"/{pace.steps}" if pace.steps else ""
            begun = time.monotonic()
            validate_and_keep_best(run, stage, stage.ema.module, done, f"{config.kind} {done}{of_steps}")
            if not pace.steps:
                run.validation_seconds = time.monotonic() - begun
                pace.validated(run.validation_seconds)
        if validating:
            means = stage.told.take(stage.trainables[0].mean)
            shown = ", ".join(f"{name} {value:.4g}" for name, value in means.items())
            accuracy = f", averaged accuracy {stage.accuracy:.4g}" if stage.ema is None else ""
            run.reporter.say(f"{config.kind} {done}: {shown}{accuracy}")
        asked = run.interruption.asked
        interrupted = asked if fabric.world_size == 1 else bool(fabric.broadcast(asked))
        if saving or interrupted:
            save_last(run, stage, done, progress)
        if interrupted:
            run.reporter.say(f"interrupted after step {done} of the stage, which is saved in {run.last}")
            raise KeyboardInterrupt
    if stage.ema is not None:
        run.generator.load_state_dict(stage.ema.module.state_dict())
    if progress < 1 or not pace.steps:
        run.reporter.say(
            f"{config.kind} ends after {done} " + (f"of {pace.steps} steps" if pace.steps else "steps")
        )
    run.reporter.memory(config.kind, memory.read(), run.finished_steps + done)
    return done


def training_step(run: Run, stage: Stage, batch: Batch) -> None:
    """One optimizer step, of the generator or of the critic; ``stage.terms`` are the scalars to log."""
    terms: Mapping[str, Tensor] = {}
    if stage.generator is not None and not (stage.updates is not None and stage.updates.of_critic):
        terms = generator_step(run, stage, stage.generator, batch)
    elif stage.critic is not None:
        terms = critic_step(run, stage, stage.critic, batch)
    stage.terms |= terms
    stage.told.add(terms)


def generator_step(run: Run, stage: Stage, generator: Trainable, batch: Batch) -> Mapping[str, Tensor]:
    """Loss, backward and step of the generator, and of the average of its weights."""
    if stage.critic is not None:  # it judges without dropout, and gathers no gradients
        stage.critic.hold(True)
    for attempt in generator.attempts(batch):  # once more in smaller parts where memory runs out
        with attempt as parts:
            for part in parts:
                generator.backward(generator_loss(run, stage, generator, part))
    terms = generator.step()
    if stage.critic is not None:
        stage.critic.hold(False)
    if stage.ema is not None:
        stage.ema.update(stage.generator_steps)
    stage.generator_steps += 1
    if stage.updates is not None:
        stage.updates.generator_updated()
    return terms


def generator_loss(run: Run, stage: Stage, generator: Trainable, batch: Batch) -> LossValue:
    """Forward: the loss against the target, or what a teacher makes, and that against the critic."""
    config, target = stage.config, batch.target  # [n, 3, s*h, s*w]; chroma has its own size
    assert isinstance(config, GeneratorConfig) and stage.losses.content is not None
    if stage.teacher is not None:
        with torch.no_grad(), run.fabric.autocast():
            target = run.transform.fake(stage.teacher(batch.picture), target).float()
    output = run.transform.output(generator.forward(batch.picture), target)  # [n, 3 (+ 1: mask), s*h, s*w]
    value = content_loss(
        stage.losses.content, output, target, batch.mask, config.mask_weight, run.transform.rgb
    )
    if stage.losses.objective is None or run.critic is None:
        return value
    assert isinstance(config, GanConfig)
    with run.fabric.autocast():
        of_fake = run.critic(output[:, : target.shape[1]])  # logits, [n] or a map of patches [n, 1, H, W]
        of_real = run.critic(target) if stage.losses.objective.relativistic else None
    adversarial = config.adversarial_weight * stage.losses.objective.generator(of_fake, of_real)
    return LossValue(value.total + adversarial, {**value.terms, "adversarial": adversarial.detach()})


def critic_step(run: Run, stage: Stage, critic: Trainable, batch: Batch) -> Mapping[str, Tensor]:
    """Loss, backward and step of the critic; what is made of them, all processes must see alike."""
    for attempt in critic.attempts(batch):
        with attempt as parts:
            for part in parts:
                critic.backward(critic_loss(run, stage, critic, part))
    terms = critic.step()
    if stage.losses.objective is not None and stage.updates is not None:
        stage.losses.objective.after_critic_step(critic.network)
        stage.updates.critic_updated(critic.mean(terms["critic/loss"]))
    else:
        now = critic.mean(terms["critic/accuracy"])
        stage.accuracy = ACCURACY_MEMORY * stage.accuracy + (1 - ACCURACY_MEMORY) * now
    return terms


def critic_loss(run: Run, stage: Stage, critic: Trainable, batch: Batch) -> LossValue:
    """Forward: real photographs against what the generator makes anew for each step."""
    real = batch.target  # [n, 3, s*h, s*w]
    with torch.no_grad(), run.fabric.autocast():
        fake = run.transform.fake(run.generator(batch.picture), real)
    # One pass for both kinds: spectral norm takes one step of its power iteration a pass.
    logits = critic.forward(torch.cat([real, fake]))  # [2n] or a map of patches [2n, 1, H, W]
    of_real, of_fake = logits.chunk(2)
    terms = {"critic/accuracy": critic_accuracy(of_real, of_fake)}
    if stage.losses.objective is None:  # alone, as a classifier: the lesson's second stage
        truth = torch.cat([torch.ones(len(real)), torch.zeros(len(fake))]).to(logits.device)
        total: Tensor = AdaptiveLoss()(logits, truth)
        return LossValue(total, {"critic/loss": total.detach(), **terms})
    total = stage.losses.objective.critic(of_real, of_fake)
    terms = {"critic/loss": total.detach(), **terms}
    penalty = stage.losses.objective.penalty(critic.network, real, fake)
    if penalty is not None:
        total = total + penalty
        terms["critic/penalty"] = penalty.detach()
    return LossValue(total, terms)


def check_finite(terms: Mapping[str, float], done: int) -> None:
    """TrainingError if a term of the loss is not finite: what comes of such a step must not be saved."""
    for name, value in terms.items():
        if not math.isfinite(value):
            raise _exploded(f"The loss {name!r} is", done)


def check_weights(networks: Sequence[nn.Module], done: int) -> None:
    """TrainingError if a weight is not finite: the last step's gradients may not have been, though its loss
    was."""
    for network in networks:
        if not all(bool(weight.isfinite().all()) for weight in network.parameters()):
            raise _exploded("The weights are", done)


def _exploded(what: str, done: int) -> TrainingError:
    return TrainingError(
        f"{what} not finite any more at step {done}: lower the learning rate or clip gradients. The last "
        "checkpoint is kept."
    )


def batches(run: Run, config: StageConfig, first_step: int, end: int) -> Iterator[Batch]:
    """Batches of this process from ``first_step`` of the present stage on, before the step ``end``: NCHW
    float32, as the colour transform makes them."""
    fabric, workers, echo = run.fabric, run.recipe.data.workers, run.recipe.data.echo
    dataset = build_dataset(run.recipe, config, run.finished_stages, run.store, run.degradation)
    loader: DataLoader[Batch] = DataLoader(
        dataset,
        batch_sampler=StepSampler(
            first_step // echo, -(-end // echo), config.batch, fabric.global_rank, fabric.world_size
        ),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        pin_memory=fabric.device.type == "cuda",
        collate_fn=collate,
    )
    step = first_step // echo * echo
    for batch in loader:
        for again in range(echo):
            if first_step <= step < end:
                turned = batch.turned(dataset.orientations[again % len(dataset.orientations)])
                yield run.transform.batch(turned.to_unit(fabric.device))
            step += 1


def validate_and_keep_best(run: Run, stage: Stage, network: nn.Module, step: int, title: str) -> None:
    """Score a network on what was held out, by the stage's loss too, report, and keep it as ``best`` if it is
    the best so far."""
    if not run.pairs:
        return
    if run.fabric.is_global_zero:
        device, total = run.fabric.device, run.finished_steps + step
        restored = [restore(network, pair.degraded, run.transform, device) for pair in run.pairs]
        scores = validate(restored, run.pairs, run.degradation.scale, run.transform, run.lpips)
        assert stage.losses.content is not None
        losses = held_out_loss(restored, run.pairs, stage.losses.content, run.transform, device)
        run.reporter.scalars(
            {f"validation/{name}": value for name, value in {**scores, **losses}.items()}, total
        )
        run.reporter.samples(restored[:6], run.pairs[:6], run.transform, total)
        better = run.stopping.update(scores)
        if better:
            state = {"stage": run.finished_stages, "step": step, "scores": scores}
            best = Checkpoint({"generator": network.state_dict()}, run.recipe.text, state)
            save_checkpoint(run.folder / "best.safetensors", best)
        shown = ", ".join(f"{name} {value:.5g}" for name, value in scores.items())
        run.reporter.say(f"{title}: {shown}{' (best)' if better else ''}")
        if len(losses) > 2:  # the loss and a single term would be the same number twice
            shown = ", ".join(f"{name.removeprefix('loss/')} {value:.4g}" for name, value in losses.items())
            run.reporter.say(f"{title}, held out: {shown}")
    # Whether to stop must be known to all processes.
    run.stopping.restore(run.fabric.broadcast(run.stopping.state()))


def save_last(run: Run, stage: Stage | None = None, step: int = 0, progress: float = 0.0) -> None:
    """Write the checkpoint that a resume starts from: after ``step`` steps of a stage, or between two.

    Raises:
        TrainingError: the weights are not finite any more, or it cannot be written; the one before is kept.
    """
    if run.fabric.is_global_zero:
        check_weights([network for network in (run.generator, run.critic) if network is not None], step)
        tensors: dict[str, Mapping[str, Tensor]] = {"generator": run.generator.state_dict()}
        if run.critic is not None:
            tensors["critic"] = run.critic.state_dict()
        state: dict[str, Any] = {
            "finished_stages": run.finished_stages,
            "finished_steps": run.finished_steps,
            "step": step,
            **run.stopping.state(),
        }
        if run.validation_seconds:
            state["validation_seconds"] = run.validation_seconds
        if (scaler := loss_scaler(run.fabric)) is not None:
            state["loss_scaler"] = scaler.state_dict()
        if stage is not None:
            state |= {"stage_state": stage.state(), "progress": progress}
            for trainable in stage.trainables:
                tensors |= trainable.tensors()
                state |= trainable.state()
            if stage.ema is not None:
                tensors["ema"] = stage.ema.module.state_dict()
        save_checkpoint(run.last, Checkpoint(tensors, run.recipe.text, state))
    run.saved_at = time.monotonic()
