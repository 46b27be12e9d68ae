"""The paper's tables: the runs they need, the comparison of two models, and the reports (paper section 3)."""
