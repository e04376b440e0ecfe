"""Whether the announced level is right: coverage on invented leaderboards, and when models join."""
