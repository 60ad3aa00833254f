"""Creates, updates and deletes the program's resources in the twin: one module for each AWS service."""
