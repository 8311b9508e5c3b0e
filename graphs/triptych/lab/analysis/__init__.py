"""From records to a verdict: paired comparisons, summaries, the gate."""
