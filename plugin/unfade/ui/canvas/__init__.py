"""The canvas: the picture before and after, at any zoom, and the tools that work on it."""
