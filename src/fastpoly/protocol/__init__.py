"""The rules of the protocol, pure: nothing here reads a socket, runs a loop or logs."""
