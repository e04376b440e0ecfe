"""Best responses over time: cycles in turn, random order, and rules with memory."""
