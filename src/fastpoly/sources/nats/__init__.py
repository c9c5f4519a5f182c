"""What a publisher has put on NATS JetStream, read from there as a source."""
