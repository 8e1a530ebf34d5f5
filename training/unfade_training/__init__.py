"""Networks, losses, degradations, data and trainers that make the generators."""
