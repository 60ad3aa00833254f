"""The API's goals: the list, one goal, its mandala chart."""
