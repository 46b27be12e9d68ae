"""Several replicas that train one model together, in one process or in many (docs/adr/0037)."""
