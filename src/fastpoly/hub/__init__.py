"""One connection to the service for any number of local programs, in the service's own protocol."""

from fastpoly.hub.hub import Hub
from fastpoly.hub.stats import HubReaderStats, HubStats

__all__ = ["Hub", "HubReaderStats", "HubStats"]
