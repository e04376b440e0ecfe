"""Developers that follow a fixed script."""
