"""The definition of an experiment: read, resolved, previewed, and told apart from another."""
