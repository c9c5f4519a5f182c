"""`Stream` and `Streams`: how they are made, opened, consumed and ended."""
