"""Repository monitoring, step 3: queue the activities of one repository."""
