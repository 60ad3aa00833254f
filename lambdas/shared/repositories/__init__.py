"""The SQL of the application, one module per table or view of it; no query leaves the user out."""
