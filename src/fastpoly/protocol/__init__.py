"""The rules of the protocol, pure: no socket, no event loop, no logging."""
