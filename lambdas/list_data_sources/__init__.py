"""Repository monitoring, step 1: the repositories to look at."""
