"""What a change of the lightweight ranker does at the cut, beside what it does to the KL."""
