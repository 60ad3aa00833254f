"""Repository monitoring, step 4: remember how far one repository was looked at, or why it could not be."""
