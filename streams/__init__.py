"""What happens to events on their way: the pure rules and the transactional trigger."""
