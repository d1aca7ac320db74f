"""Plain events about organisations on no list, nineteen in twenty: a batch of them at once."""
