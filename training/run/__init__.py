"""A run on disk: its settings, checkpoints and rows."""
