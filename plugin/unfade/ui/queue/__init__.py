"""The queue: a folder of pictures through the window's recipe, one after the other."""

from unfade.ui.queue.model import Item, Output, Queue, State
from unfade.ui.queue.panel import QueuePanel

__all__ = ["Item", "Output", "Queue", "QueuePanel", "State"]
