"""A suite: the path of a settings file, or a dict of its tables."""

from pathlib import Path

SUITE = Path(__file__).with_name("suite.toml")
