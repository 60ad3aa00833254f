"""The state machines' definitions: what runs in which order, apart from what they run on."""
