"""Settings that follow from the data where the user says nothing (docs/adr/0026)."""
