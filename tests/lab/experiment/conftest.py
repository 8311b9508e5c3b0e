"""Its presence puts this folder on the import path: `experiment_kit`."""
