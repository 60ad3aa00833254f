"""What EventBridge tells of an execution that ended by itself: timed out, aborted, or failed beyond the workflow."""
