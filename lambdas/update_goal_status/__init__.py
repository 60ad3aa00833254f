"""Workflow, step 8: end the run, and tell when it did not succeed."""
