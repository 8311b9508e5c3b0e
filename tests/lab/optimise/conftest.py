"""Its presence puts this folder on the import path: `optimise_kit`."""
