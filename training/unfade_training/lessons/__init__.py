"""Lessons that need a trainer of their own; the others are recipes (``training/lessons``)."""
