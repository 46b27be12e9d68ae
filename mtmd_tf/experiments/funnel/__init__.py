"""Tables 2 to 5: the rankers that the simulated funnel compares, and the experiments (paper section 3.3)."""
