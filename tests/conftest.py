"""What all tests start from."""

from __future__ import annotations

import signal

# A job that a shell has put into the background ignores Ctrl-C, and so would all its children,
# among them those that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
