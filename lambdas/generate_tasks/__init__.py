"""Workflow, step 4: ask the model for one action's tasks."""
