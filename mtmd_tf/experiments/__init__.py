"""What the paper's tables are made of: the runs they need, how two models are compared, and the reports (section 3)."""
