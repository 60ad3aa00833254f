"""Workflow, when all else failed: end the run as failed, and tell."""
