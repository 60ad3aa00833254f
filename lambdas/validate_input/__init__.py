"""Workflow, step 1: check the execution's input and set the run's deadline."""
