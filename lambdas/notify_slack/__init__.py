"""Alarms and notifications as Slack messages."""
