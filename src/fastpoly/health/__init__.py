"""What is measured of a stream, and judged: silence, lag, stalls."""
