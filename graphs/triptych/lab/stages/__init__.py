"""What each stage of a pipeline did and cost, from records."""
