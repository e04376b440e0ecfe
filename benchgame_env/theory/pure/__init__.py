"""Pure equilibria: what overtaking takes on the honest board, and at which levels nobody gains by it."""
