"""How long anything is kept: what is over its time is deleted, old executions are archived."""
