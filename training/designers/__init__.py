"""Designers who learn by announcing: their regret against the best setting by predicted play."""
