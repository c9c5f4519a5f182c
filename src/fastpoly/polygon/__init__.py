"""The community package's clients, on this library's engine."""
