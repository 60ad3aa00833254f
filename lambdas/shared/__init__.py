"""What the functions share: HTTP, data access, errors, logging, the model."""
