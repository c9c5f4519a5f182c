"""Functions of the user's that are called with what comes: how, how long for, what they raise."""
