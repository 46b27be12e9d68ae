"""A trained model as two SavedModels (paper section 2.2)."""
