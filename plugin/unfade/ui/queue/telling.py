"""How it stands with the queue and its pictures, in words."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication

from unfade.ui.numbers import fixed
from unfade.ui.queue.model import Item, Queue, State

translate = QCoreApplication.translate


def state_text(item: Item) -> str:
    """How it stands with a picture, in one line."""
    if item.state is State.WAITING:
        return translate("Queue", "Waiting")
    if item.state is State.RUNNING:
        return translate("Queue", "Running: {percent} %").format(percent=int(item.share * 100))
    if item.state is State.DONE and item.target is not None:
        text = translate("Queue", "Done in {seconds} s: {name}")
        return text.format(seconds=fixed(item.seconds or 0, 1), name=item.target.name)
    if item.state is State.FAILED:
        # The name stands above it already, and the folder would leave no room for the reason.
        return (item.sentence or "").replace(str(item.source), item.source.name)
    return translate("Queue", "Cancelled")


def summary(queue: Queue, now: float) -> str:
    """The whole queue in one line; "" while it is empty."""
    if not queue.items:
        return ""
    parts = [counts(queue)]
    left = queue.seconds_left(now) if queue.running else None
    if left is not None:
        parts.append(time_left_text(left))
    if queue.paused:
        parts.append(translate("Queue", "paused"))
    return " · ".join(parts)


def counts(queue: Queue) -> str:
    """How many pictures are done, and how many failed."""
    done, failed = queue.count(State.DONE), queue.count(State.FAILED)
    total = len(queue.items) - queue.count(State.CANCELLED)
    text = translate("Queue", "{done} of {total} done").format(done=done, total=total)
    return f"{text}, {translate('Queue', '{failed} failed').format(failed=failed)}" if failed else text


def time_left_text(seconds: float) -> str:
    """The time left in words, no more exact than it is known."""
    if seconds < 60:
        return translate("Queue", "less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("Queue", "about {minutes} min left").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    return translate("Queue", "about {hours} h {minutes} min left").format(hours=hours, minutes=minutes)
