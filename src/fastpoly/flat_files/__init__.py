"""The vendor's day files: CSV of trades, quotes and bars, read as the wire would have sent them."""
