"""How fast this package trains, reads, embeds and ranks, and what smaller storage loses (paper section 2.2)."""
