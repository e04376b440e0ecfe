"""Experiments: whatever takes minutes, writes files or has a command line."""
