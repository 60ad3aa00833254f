"""Repository monitoring, step 5: what the whole run has seen."""
