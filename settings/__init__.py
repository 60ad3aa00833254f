"""What can be set for a stack: one module for each section of the stack file."""
