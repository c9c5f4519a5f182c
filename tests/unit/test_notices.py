from __future__ import annotations

import copy
import json
import pickle

import pytest

from fastpoly import decode
from fastpoly._core import batch_of
from fastpoly.events import EquityTrade
from fastpoly.notices import Gap, SlowConsumer

SLOW = SlowConsumer(
    market="stocks",
    at_ns=5,
    consumer="iteration",
    overflow="drop_oldest",
    lost=3,
    lost_by_channel={"T": 2, "Q": 1},
    since_ns=1,
    until_ns=4,
)
(TRADE,) = decode(b'[{"ev":"T","sym":"A","q":7}]')
GAP = Gap(
    market="stocks",
    at_ns=30,
    cause="The line was cut.",
    since_ns=1_000_000_000,
    until_ns=3_500_000_000,
    channels=("T", "Q"),
    params=("T.A", "Q.*"),
    last_by_channel={"T": TRADE},
)


def test_reads_like_an_event() -> None:
    assert SLOW.event_type == SLOW["ev"] == "slow_consumer"
    assert SLOW["lost"] == SLOW.get("lost") == SLOW.lost == 3
    assert SLOW.get("nothing") is None
    assert "lost_by_channel" in SLOW
    assert "nothing" not in SLOW
    assert dict(SLOW) == SLOW.to_dict()
    assert next(iter(SLOW.keys())) == "ev"
    assert SLOW.malformed == ()
    with pytest.raises(KeyError):
        SLOW["nothing"]


def test_gap() -> None:
    assert GAP.seconds == 2.5
    assert isinstance(GAP.last_by_channel["T"], EquityTrade)
    assert json.loads(json.dumps(GAP.to_dict()))["last_by_channel"] == {
        "T": {"ev": "T", "sym": "A", "q": 7}
    }


@pytest.mark.parametrize("notice", [SLOW, GAP])
def test_copies(notice: SlowConsumer | Gap) -> None:
    assert pickle.loads(pickle.dumps(notice)) == notice  # noqa: S301
    assert copy.deepcopy(notice) == notice
    assert SLOW != GAP


def test_in_a_batch() -> None:
    batch = batch_of("stocks", [SLOW, GAP])
    assert batch.channels == ("notice",)
    assert list(batch) == [SLOW, GAP]
    assert batch.dicts() == [SLOW.to_dict(), GAP.to_dict()]
    assert list(batch.select("notice")) == [SLOW, GAP]
