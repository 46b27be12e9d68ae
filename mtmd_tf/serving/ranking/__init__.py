"""Stored items ranked for requests (paper sections 2.2 and 2.3)."""
