"""The API's task generation: start, watch, cancel, retry."""
