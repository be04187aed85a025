"""Studies: a space of experiments, expanded into those that are valid, run to the end, and compared."""
