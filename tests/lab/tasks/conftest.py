"""Its presence puts this folder on the import path: `task_files_kit`."""
