"""The messages of credit-trigger, one model a file, exactly as they travel."""
