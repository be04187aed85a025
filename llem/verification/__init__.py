"""Holds the registry against the installed libraries: what they take, and what they do."""
