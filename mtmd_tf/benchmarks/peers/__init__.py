"""What people would use instead, at the same sizes: plain Keras, PyTorch, torch-rechub, TFRS (paper section 3.4)."""
