"""A logger of one client that is to say more than the others do."""

from __future__ import annotations

import itertools
import logging

__all__ = ["logger_of"]

_numbers = itertools.count(1)


def logger_of(shared: logging.Logger, *, verbose: bool) -> logging.Logger:
    """Return the logger of one client; a verbose one's own, so that no other is louder for it.

    Args:
        shared: The logger of all such clients.
        verbose: Whether this one is to log at the level of ``DEBUG``, on standard error where
            logging is not configured.
    """
    if not verbose:
        return shared
    own = shared.getChild(str(next(_numbers)))
    own.setLevel(logging.DEBUG)
    if not own.hasHandlers():
        own.addHandler(logging.StreamHandler())
    return own
