"""Commands on recordings: make one, print it, say what is in it, repair it, replay it."""
