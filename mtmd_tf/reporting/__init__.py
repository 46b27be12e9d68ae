"""Reports as Markdown, HTML and figures: where values become cells, and text from data is escaped."""
