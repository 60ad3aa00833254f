"""Rotates the credentials of the database."""
