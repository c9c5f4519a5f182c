"""Keeps one market connected."""
