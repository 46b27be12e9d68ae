"""Parquet and CSV logs, from files to requests: exactly, or refused by file, row, column and value."""
