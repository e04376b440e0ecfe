"""The designer's problem: which rule to announce (theory section 13)."""
