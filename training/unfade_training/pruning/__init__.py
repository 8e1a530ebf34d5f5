"""Structured pruning: a trained network does with fewer channels inside its residual blocks.

Channels whose absence costs least are taken out one by one, and at each step the convolution that sees them
is solved anew, by least squares, for what the whole network would have given there: channel pruning by
reconstruction (He et al. 2017, arXiv:1707.06168), the channels eliminated backward as the weights in Optimal
Brain Surgeon (Hassibi & Stork 1993). It goes from the first block to the last, so each makes up for what
those before it have lost. The rest is learned back in a stage with a ``teacher``.
"""

from .network import PrunedBlock, Sensitivity, allocate_widths, prune, sensitivities
from .prune_checkpoint import parse_keep, prune_checkpoint

__all__ = [
    "PrunedBlock",
    "Sensitivity",
    "allocate_widths",
    "parse_keep",
    "prune",
    "prune_checkpoint",
    "sensitivities",
]
