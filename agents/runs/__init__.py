"""Training runs on disk: their settings, and what the players of a seed had learned."""
