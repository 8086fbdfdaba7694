"""The books: accounts, balanced transfers and holds, and the proof that they hold."""
