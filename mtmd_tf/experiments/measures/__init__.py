"""The comparison of two models: the improvement with its interval, and the funnel."""
