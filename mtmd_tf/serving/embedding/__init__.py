"""Every item of a corpus through the item tower, into Parquet parts (paper section 2.2)."""
