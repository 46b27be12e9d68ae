"""The ladder: architectures from little data to much, and from domains that are near to far (paper section 3.2)."""
