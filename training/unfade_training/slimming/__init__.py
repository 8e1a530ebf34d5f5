"""Slimming: a trained network does with fewer channels inside its residual blocks.

Inside a block many channels say what others say too, or hardly anything. Those whose absence costs least are
taken out one by one, and at each step the block's second convolution is solved anew, by least squares, for
what the whole network would have given there: channel pruning by reconstruction (He et al. 2017,
arXiv:1707.06168), the channels eliminated backward as the weights in Optimal Brain Surgeon (Hassibi & Stork
1993). It goes from the first block to the last, so each makes up for what those before it have lost. The rest
is learned back in a stage with a ``teacher`` (:mod:`unfade_training.stages.teacher`).
"""

from .allotment import Cost, allot, costs_of
from .checkpoint import parse_keep, slim_checkpoint
from .network import Slimmed, slim

__all__ = ["Cost", "Slimmed", "allot", "costs_of", "parse_keep", "slim", "slim_checkpoint"]
