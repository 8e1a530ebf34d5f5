"""The panels: each filter's settings, in the order in which the filters run."""
