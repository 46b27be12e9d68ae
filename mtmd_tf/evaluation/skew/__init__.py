"""A new query tower beside item embeddings of older versions, as during a launch (paper section 2.2)."""
