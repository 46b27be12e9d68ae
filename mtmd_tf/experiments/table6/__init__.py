"""Table 6: the effect of each part of the model (paper section 3.4)."""
