"""Where this catalogue is in force."""

# The country, Liaoning, Benxi (GB/T 2260). Articles of other places do not bind here, so a measure
# that has no other basis runs as a shadow, and entries of other places need an agreement.
BINDING = frozenset({"CN", "210000", "210500"})
