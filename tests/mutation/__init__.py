"""Mutation testing: seeded faults in the components and the stack files, and whether the tests notice."""
