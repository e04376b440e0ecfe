"""Speed beside the alternatives: what is timed, and the table."""
