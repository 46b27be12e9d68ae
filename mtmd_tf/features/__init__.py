"""From shards to batches to fields (paper section 2.1.2)."""
