"""Sinks that write files: tables by channel and trading day, and lines of JSON."""
