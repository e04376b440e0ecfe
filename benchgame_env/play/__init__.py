"""The game as it is played: one round on arrays, episodes of it, and the PettingZoo environment."""
