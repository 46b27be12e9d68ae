"""From two exported towers to ranked items; no module here imports what trains (paper section 2.2)."""
