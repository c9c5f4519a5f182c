"""One connection, from dialling to its end."""
