"""What a stream says about itself, in the order of its events."""

from __future__ import annotations


class Gap: ...


class SlowConsumer: ...
