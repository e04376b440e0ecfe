"""Developers that adapt by tables and averages, without gradients."""
