"""The pure core: no clock, no I/O, no logging; it imports schemas alone."""
