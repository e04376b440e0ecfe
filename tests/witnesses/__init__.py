"""Slow, obvious witnesses of what the package does fast."""
