"""The reports of each period: facts read from the log, kept in a file, counted, published once."""
