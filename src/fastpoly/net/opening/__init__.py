"""From a URL to an open WebSocket: TCP, a proxy, TLS, the request and its answer."""
