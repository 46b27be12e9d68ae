"""What turns the heavyweight ranker's logits into probabilities that agree with events (paper section 2.2)."""
