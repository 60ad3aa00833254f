"""Reads the program without AWS: records what `pulumi up` would register, as a graph."""
