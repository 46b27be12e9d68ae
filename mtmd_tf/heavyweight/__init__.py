"""The heavyweight ranker, MTMD's teacher, and the labels that it writes (paper sections 1 and 2.2)."""
