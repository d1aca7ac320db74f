"""Readers of what the trigger writes."""
