"""Dispatch: to each department what the trigger decided for it, on a topic of its own."""
