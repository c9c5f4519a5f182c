"""What is kept of a stream for users to ask for: the last event and the newest bars of a symbol."""
