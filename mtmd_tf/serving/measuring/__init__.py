"""What serving costs, and what smaller storage loses (paper section 2.2)."""
