"""The transactional worker: events and lists in, decisions and actions out, exactly once."""
