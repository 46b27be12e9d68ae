"""The heavyweight ranker's network: what it reads, how it crosses, what it answers (paper section 2.2)."""
