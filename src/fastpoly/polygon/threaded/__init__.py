"""The community package's callback client: a stream in a thread, and a callback for each frame."""
