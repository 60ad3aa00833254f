"""Workflow, step 5: save one action's tasks, once."""
