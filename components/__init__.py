"""The system's components: what a stack is made of."""
