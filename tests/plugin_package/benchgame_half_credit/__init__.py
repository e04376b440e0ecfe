"""A rule, a game, an agent and a suite from a package of their own; see ``pyproject.toml`` beside it."""
