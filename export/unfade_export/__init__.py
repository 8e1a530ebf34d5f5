"""Checkpoint to ONNX file with its model card, checked against the network it came from."""
