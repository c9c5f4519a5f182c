"""The enums of the official client under its former name: the hosts are those of then."""

from __future__ import annotations

from enum import Enum

from fastpoly import schema
from fastpoly.massive.enums import EventType, Market
from fastpoly.massive.enums import Feed as PresentFeed

__all__ = ["EventType", "Feed", "Market"]


def _then(feed: PresentFeed) -> str:
    return feed.value.replace(schema.DOMAIN, schema.FORMER_DOMAIN)


class Feed(Enum):
    """Hosts of the service under the former domain, whose names still work."""

    Delayed = _then(PresentFeed.Delayed)
    RealTime = _then(PresentFeed.RealTime)
    Nasdaq = _then(PresentFeed.Nasdaq)
    PolyFeed = _then(PresentFeed.PolyFeed)
    PolyFeedPlus = _then(PresentFeed.PolyFeedPlus)
    StarterFeed = _then(PresentFeed.StarterFeed)
    Launchpad = _then(PresentFeed.Launchpad)
    Business = _then(PresentFeed.Business)
    EdgxBusiness = _then(PresentFeed.EdgxBusiness)
    IEXBusiness = _then(PresentFeed.IEXBusiness)
    DelayedBusiness = _then(PresentFeed.DelayedBusiness)
    DelayedEdgxBusiness = _then(PresentFeed.DelayedEdgxBusiness)
    DelayedNasdaqLastSaleBusiness = _then(PresentFeed.DelayedNasdaqLastSaleBusiness)
    DelayedNasdaqBasic = _then(PresentFeed.DelayedNasdaqBasic)
    DelayedFullMarketBusiness = _then(PresentFeed.DelayedFullMarketBusiness)
    FullMarketBusiness = _then(PresentFeed.FullMarketBusiness)
    NasdaqLastSaleBusiness = _then(PresentFeed.NasdaqLastSaleBusiness)
    NasdaqBasicBusiness = _then(PresentFeed.NasdaqBasicBusiness)
