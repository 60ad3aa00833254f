"""What the model proposes for a chart: eight sub-goals of a goal, or eight actions of a sub-goal."""
