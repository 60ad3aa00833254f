"""Repository monitoring, step 2: what happened in one repository since it was looked at last."""
