"""Measuring: the schedule of cells, their calls, and what is written of each."""
