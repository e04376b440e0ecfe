"""Designers: they announce settings and see losses; one a file, all in `registry`."""
