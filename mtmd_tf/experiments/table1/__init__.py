"""Table 1: one model against the models of one slice that it replaces (paper Table 1)."""
