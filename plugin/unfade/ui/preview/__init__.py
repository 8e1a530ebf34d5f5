"""The live preview: what is asked of the engine, in which order, and how the answers are blended."""
