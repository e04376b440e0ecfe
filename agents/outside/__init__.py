"""Policies that were made elsewhere, seated as agents."""
