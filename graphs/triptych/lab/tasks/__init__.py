"""Tasks with hidden checks, and where they are read from."""
