"""The funnel on the ad world: retrieval, rankers, auction, budgets and users (paper section 3.3)."""
