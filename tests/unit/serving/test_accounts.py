"""Who is evicted when an account has too many connections."""

from __future__ import annotations

from fastpoly.serving.accounts import Accounts

STOCKS, CRYPTO = ("stocks", "key"), ("crypto", "key")


def test_without_a_limit_all_may_stay() -> None:
    accounts: Accounts[int] = Accounts(0, "oldest")
    assert [accounts.admit(STOCKS, number) for number in range(100)] == [None] * 100
    assert accounts.count(STOCKS) == 100


def test_the_oldest_goes_and_is_no_longer_counted() -> None:
    accounts: Accounts[int] = Accounts(2, "oldest")
    assert [accounts.admit(STOCKS, number) for number in range(5)] == [None, None, 0, 1, 2]
    assert accounts.count(STOCKS) == 2


def test_the_newest_goes_and_is_counted_until_it_is_removed() -> None:
    accounts: Accounts[str] = Accounts(1, "newest")
    assert accounts.admit(STOCKS, "first") is None
    assert accounts.admit(STOCKS, "second") == "second"
    assert accounts.count(STOCKS) == 2
    accounts.remove(STOCKS, "second")
    assert accounts.admit(STOCKS, "third") == "third"
    accounts.remove(STOCKS, "third")
    accounts.remove(STOCKS, "first")
    assert accounts.admit(STOCKS, "fourth") is None


def test_markets_are_counted_apart() -> None:
    accounts: Accounts[int] = Accounts(1, "oldest")
    assert accounts.admit(STOCKS, 1) is None
    assert accounts.admit(CRYPTO, 2) is None
    assert accounts.admit(CRYPTO, 3) == 2
    assert (accounts.count(STOCKS), accounts.count(CRYPTO)) == (1, 1)


def test_removing_what_is_not_counted_changes_nothing() -> None:
    accounts: Accounts[int] = Accounts(1, "oldest")
    accounts.remove(STOCKS, 1)
    accounts.admit(STOCKS, 1)
    accounts.admit(STOCKS, 2)
    accounts.remove(STOCKS, 1)  # evicted before
    assert accounts.count(STOCKS) == 1
