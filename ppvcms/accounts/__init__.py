"""People: users, roles, permissions, sign-in, and the log of who did what."""
