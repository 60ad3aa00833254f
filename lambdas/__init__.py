"""What runs in AWS: one folder per function, and `shared` for what they have in common."""
