"""Measurements of the project's own speed, as whole processes."""
