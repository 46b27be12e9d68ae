"""The funnel in a simulated world: what the lightweight ranker does to clicks, costs and hides (paper section 3.3)."""
