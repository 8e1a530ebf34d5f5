"""The lesson's networks for digits, and loss landscapes; other lessons are recipes (``training/lessons``)."""
