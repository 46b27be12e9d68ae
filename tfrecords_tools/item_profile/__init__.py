"""What features items had in training, small enough to lie beside an export, and how an item corpus differs from it."""
