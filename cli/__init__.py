"""The command `credit-trigger`: verbs over the functions of the other packages."""
