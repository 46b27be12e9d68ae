"""The heavyweight ranker's labels against LightGBM on the same rows and features (paper section 1)."""
