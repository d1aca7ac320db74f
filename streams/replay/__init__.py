"""The whole log, folded again, and compared with the decisions and actions that stand in it."""
