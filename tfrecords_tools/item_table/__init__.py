"""The item table of a compact data set: each distinct set of an item's features once, named by row (docs/adr/0051)."""
