"""Reports of simulated experiments: Markdown, HTML and figures (paper section 3.3)."""
