"""The synthetic day of the demo: a fixed date, made by rule, the same bytes every time."""
