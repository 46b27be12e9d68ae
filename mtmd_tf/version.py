"""The one version string; `setup.py` reads it as text, so keep it a plain literal."""

__version__ = "0.1.0"
