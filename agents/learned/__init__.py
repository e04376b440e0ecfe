"""Developers that learn by gradients; they need the extra ``train``."""
