"""Agents that learn neural networks by gradients; they need the extra ``train``."""
