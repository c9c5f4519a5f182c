"""Who gets the batches of a stream, each behind a buffer of its own."""
