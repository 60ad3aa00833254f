"""Repository monitoring, behind the queue: summaries of activities in Japanese."""
