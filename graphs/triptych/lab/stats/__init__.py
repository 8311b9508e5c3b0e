"""The statistics: arrays in, numbers out; each function names its source."""
