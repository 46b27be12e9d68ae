"""How two models are compared: the improvement with its interval, and the funnel."""
