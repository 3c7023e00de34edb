"""Pages of the people who work for an organiser."""
