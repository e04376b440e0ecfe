"""Agents that adapt without networks: they learn the payoffs of effort levels."""
