"""The flags of a model small enough to train in a test: those of the fixture `narrow`."""

NARROW = (
    "--dim=4",
    "--deep_units=8",
    "--shallow_units=4",
    "--router_units=8",
    "--extraction_levels=1",
    "--root_embedding=8",
    "--child_embedding=4",
    "--cross_projection=4",
)
