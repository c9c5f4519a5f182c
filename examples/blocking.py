"""A handler that blocks for a while, as one that writes to a disk may; the socket is read anyhow.

Usage: python blocking.py [URL]
"""

import sys
import time

from fastpoly import Stream

URL = sys.argv[1] if len(sys.argv) > 1 else None

stream = Stream("stocks", "T.*", "Q.*", url=URL, ingest="thread")
calls = 0


@stream.on("T", "Q")
def write(batch):
    global calls
    calls += 1
    time.sleep(0.3)
    # What came meanwhile waits in memory, in order, and not with the server.
    print(f"{len(batch):6} events, {batch.nbytes} bytes")
    if calls == 5:
        stream.abort()


stream.run()
