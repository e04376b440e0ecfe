"""From checkpoints to curves: reading, fitting, what a fit leaves open, what models have in common."""
