"""The vendor's server, or another one that speaks its protocol: a socket for each connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastpoly.enums import Overflow
from fastpoly.health.clock import Clock, SystemClock
from fastpoly.net.credentials import find_api_key
from fastpoly.net.endpoints import HiddenUrl, nominal_delay_s, shown_url
from fastpoly.net.session import Session
from fastpoly.protocol.start import without_past
from fastpoly.sources.source import SourceDefaults

if TYPE_CHECKING:
    from fastpoly.net.credentials import ApiKey
    from fastpoly.net.options import ConnectionOptions
    from fastpoly.sources.source import SourceOwner

__all__ = ["LiveSource"]


class LiveSource:
    """Dials a URL anew for each connection.

    The query of a hub's URL may ask for what there was before, see `fastpoly.protocol.start`. Only
    connections until data has come ask for that: later ones would get it a second time.

    Args:
        url: A full ``ws://`` or ``wss://`` URL.
        api_key: The key.
        market: The market's name in the schema.
        options: How connections are made and kept.
        keep_statuses: Whether control messages stay in the batches too, where they arrived.
        keep_frames: Whether batches keep the text of their frames, for `Batch.raw`.
        spaced: How requests are written, see `fastpoly.protocol.subscriptions.encode_request`.

    Attributes:
        api_key: The key, for connections from now on.
        where: See `Source.where`.
        defaults: See `Source.defaults`: what there was before comes as fast as it is taken, so a
            consumer that is slow is waited for.
    """

    def __init__(
        self,
        url: str,
        api_key: ApiKey,
        market: str,
        options: ConnectionOptions,
        *,
        keep_statuses: bool = False,
        keep_frames: bool = False,
        spaced: bool = False,
    ) -> None:
        self.api_key = api_key
        self.clock: Clock = SystemClock()
        self.delay_s = nominal_delay_s(url, market)
        self.where = shown_url(url)
        self._url = url
        self._url_later = HiddenUrl(without_past(url))
        self.defaults = SourceDefaults(
            overflow=Overflow.DROP_OLDEST if self._url_later == url else Overflow.BLOCK
        )
        # The last connection, while it may still matter whether it has brought anything.
        self._last: Session | None = None
        self._market = market
        self._options = options
        self._keep_statuses = keep_statuses
        self._keep_frames = keep_frames
        self._spaced = spaced

    def use_key(self, api_key: str) -> None:
        """See `Source.use_key`."""
        self.api_key = find_api_key(api_key, self._url)

    def connect(self, owner: SourceOwner) -> Session:
        """See `Source.connect`."""
        if self._last is not None and self._last.counts().events_received:
            self._url = self._url_later
        session = Session(
            self._url,
            self.api_key,
            self._market,
            owner,
            self._options,
            keep_statuses=self._keep_statuses,
            keep_frames=self._keep_frames,
            watch=owner.watch,
            shards=owner.shards,
            spaced=self._spaced,
        )
        self._last = session if self._url != self._url_later else None
        return session
