"""The quality of a heavyweight ranker's labels (paper sections 1 and 2.2)."""
