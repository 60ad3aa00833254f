"""Workflow, step 3: the actions in batches."""
