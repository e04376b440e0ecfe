"""``python -m training.benchmark``: games x protocols x algorithms x seeds, graded and compared."""
