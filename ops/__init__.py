"""The operator's command line: what people do with a deployed system over time."""
