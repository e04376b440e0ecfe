"""``python -m training.compare_protocols``: what each setting of each protocol leads to and costs."""
