"""Grading of runs: figures of each seed, intervals over seeds, the verdict."""
