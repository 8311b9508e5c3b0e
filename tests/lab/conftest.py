"""Its presence puts this folder on the import path: `record_kit`, `lab_kit`."""
