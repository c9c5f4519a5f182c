"""A market as a stream of messages on a broker, NATS JetStream: their format, writing, reading."""
