"""The graph as Terraform JSON, so that what judges Terraform can judge this program."""
