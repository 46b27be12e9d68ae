"""Table 6: what each part of the model is worth (paper section 3.4)."""
