"""Evaluation of a model against labels, events and the training mean, and its report (paper section 3)."""
