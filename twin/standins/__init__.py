"""What stands in for services outside AWS's emulator: the language model and Slack."""
