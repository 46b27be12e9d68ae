"""Data sets that this package can build, one module or package each."""
