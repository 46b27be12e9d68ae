"""The runs of a table: which it needs, their training, their records, and the folder of results (paper section 3.2)."""
