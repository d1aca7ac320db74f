"""Measurements of the trigger beside its peers."""
