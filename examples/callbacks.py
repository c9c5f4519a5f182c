"""The community package's callback client: a stream in a thread beside the program's own work.

Usage: python callbacks.py [URL]
"""

import json
import sys
import threading

from fastpoly import StreamClient, StreamHost

URL = sys.argv[1] if len(sys.argv) > 1 else StreamHost.MASSIVE_REAL_TIME
enough = threading.Event()
trades = 0


def on_message(ws, message):
    global trades
    trades += sum(event["ev"] == "T" for event in json.loads(message))
    if trades >= 1000:
        enough.set()


def on_error(ws, error):
    print("error:", error)


def on_close(ws, code, text):
    print("closed:", code, text)


client = StreamClient(None, "stocks", URL, on_message, on_close, on_error)
client.subscribe_stock_trades()
client.start_stream_thread()
while not enough.wait(0.1):
    if not client.is_running:
        sys.exit("the stream has ended")
client.close_stream()
print(trades, "trades")
