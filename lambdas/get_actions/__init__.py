"""Workflow, step 2: the actions to make tasks for."""
