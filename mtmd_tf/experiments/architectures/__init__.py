"""All architectures at equal budget: quality, and the cost of a query (paper section 3.2)."""
