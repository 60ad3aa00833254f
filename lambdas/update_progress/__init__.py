"""Workflow, step 6: note what became of a batch."""
