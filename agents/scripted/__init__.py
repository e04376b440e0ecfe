"""Agents that follow a fixed script and learn nothing."""
