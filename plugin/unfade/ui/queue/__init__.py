"""The queue: a folder of pictures through the window's recipe, one after the other."""

from unfade.ui.queue.model import Item, ItemState, Output, Queue
from unfade.ui.queue.panel import QueuePanel

__all__ = ["Item", "ItemState", "Output", "Queue", "QueuePanel"]
