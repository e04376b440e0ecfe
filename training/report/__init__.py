"""``benchgame report``: a run or a benchmark as one HTML page that needs no other file."""
