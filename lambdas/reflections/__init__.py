"""The API's reflections: what a person thought of a day's work on a goal."""
