"""Workflow, step 7: what became of the whole run."""
