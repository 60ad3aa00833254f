"""Error lines of all functions, copied to a log of their own."""
