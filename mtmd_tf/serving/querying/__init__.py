"""The query tower, in this process or behind TensorFlow Serving (paper section 2.2)."""
