"""Decodes frames, one a line, as a file of recorded frames has them; counts what is in them.

Usage: python decode_lines.py FILE [MARKET]
"""

import sys
from collections import Counter

from fastpoly import DecodeError, decode

path, market = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "stocks"

counts, unreadable = Counter(), 0
with open(path, "rb") as file:
    for number, frame in enumerate(file, 1):
        try:
            batch = decode(frame, market=market)
        except DecodeError as error:
            unreadable += 1
            print(f"line {number}, byte {error.offset}: {error}", file=sys.stderr)
        else:
            counts.update({channel: batch.count(channel) for channel in batch.channels})

for channel, count in counts.most_common():
    print(f"{channel:8} {count}")
sys.exit(1 if unreadable else 0)
