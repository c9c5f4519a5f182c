from __future__ import annotations

from fastpoly.hub.held_data import HeldData


def test_it_keeps_what_came_since_it_began_in_order() -> None:
    held = HeldData(10)
    held.add(b"before")
    assert not held.is_whole
    held.begin()
    held.add(b"12345")
    held.add(b"67890")
    assert held.is_whole
    assert held.take() == [b"12345", b"67890"]
    assert not held.is_whole
    assert held.take() == []


def test_what_is_too_much_leaves_nothing_until_it_begins_anew() -> None:
    held = HeldData(10)
    held.begin()
    held.add(b"12345")
    held.add(b"678901")
    assert not held.is_whole
    held.add(b"1")
    assert held.take() == []
    held.begin()
    held.add(b"2")
    assert held.is_whole
    assert held.take() == [b"2"]


def test_what_it_held_may_be_dropped() -> None:
    held = HeldData(10)
    held.begin()
    held.add(b"1")
    held.drop()
    held.add(b"2")
    assert not held.is_whole
    assert "not whole" in repr(held)
