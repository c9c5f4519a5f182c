"""The protocol's server side: WebSocket, login, subscriptions, readers with bounded buffers."""
