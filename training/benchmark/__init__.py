"""``benchgame benchmark``: games x protocols x algorithms x seeds, graded and compared."""
