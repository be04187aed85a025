"""From a configuration to an ordered plan of library calls, and from the plan to a measured run."""
