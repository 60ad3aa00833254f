"""The API's tasks: the list, and their state."""
