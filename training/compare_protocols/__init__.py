"""``benchgame compare``: what each setting of each protocol leads to and costs."""
