"""What happens by itself: the outbox, mail, and periodic work under a lease."""
