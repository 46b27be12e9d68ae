"""The heavyweight ranker's labels: training, labeling, and how good the labels are (paper sections 1 and 2.2)."""
