"""Whether the system works."""
