from __future__ import annotations

import re
from collections import deque
from pathlib import Path

import pytest

from fastpoly.protocol.lifecycle import TABLE, Action, Input, Lifecycle, State, mermaid

CONNECTED = {State.AUTHENTICATING, State.SUBSCRIBING, State.LIVE, State.STALE}


def walk(*causes: Input) -> State:
    lifecycle = Lifecycle()
    for cause in causes:
        lifecycle.feed(cause)
    return lifecycle.state


UP = (Input.OPEN, Input.UPGRADED, Input.ACCEPTED, Input.SETTLED)


def test_a_life() -> None:
    lifecycle = Lifecycle()
    steps = [
        (Input.OPEN, State.CONNECTING, (Action.CONNECT,)),
        (Input.UPGRADED, State.AUTHENTICATING, ()),
        (Input.ACCEPTED, State.SUBSCRIBING, (Action.SUBSCRIBE,)),
        (Input.SETTLED, State.LIVE, ()),
        (Input.SILENT, State.STALE, ()),
        (Input.DATA, State.LIVE, ()),
        (Input.LOST, State.WAITING, (Action.NOTE_GAP, Action.ASK_POLICY)),
        (Input.RETRY, State.CONNECTING, (Action.CONNECT,)),
        (Input.LOST, State.WAITING, (Action.ASK_POLICY,)),
        (Input.CLOSE, State.CLOSED, (Action.FINISH,)),
    ]
    for cause, state, actions in steps:
        assert lifecycle.feed(cause) == actions
        assert lifecycle.state is state


def test_every_state_is_reached_and_every_input_and_action_used() -> None:
    reached = {State.IDLE}
    queue = deque(reached)
    while queue:
        state = queue.popleft()
        for (source, _), (target, _) in TABLE.items():
            if source is state and target not in reached:
                reached.add(target)
                queue.append(target)
    assert reached == set(State)
    assert {cause for _, cause in TABLE} == set(Input)
    assert {action for _, actions in TABLE.values() for action in actions} == set(Action)


def test_only_being_taken_up_again_follows_the_end_and_every_other_state_can_end() -> None:
    assert {cause: TABLE[state, cause][0] for state, cause in TABLE if state is State.CLOSED} == {
        Input.REOPEN: State.CONNECTING,
        Input.RESUME: State.WAITING,
    }
    for state in set(State) - {State.CLOSED}:
        ends = State.CLOSING, State.CLOSED
        cause = Input.ENDED if state is State.CLOSING else Input.CLOSE
        assert TABLE[state, cause][0] in ends


def test_the_way_into_closed_always_finishes_and_no_other_does() -> None:
    for target, actions in TABLE.values():
        assert (Action.FINISH in actions) == (target is State.CLOSED)


def test_every_line_can_be_lost_evicted_failed_and_hung_up() -> None:
    for state in CONNECTED | {State.CONNECTING}:
        noted = state in (State.SUBSCRIBING, State.LIVE, State.STALE)
        for cause, target in ((Input.LOST, State.WAITING), (Input.EVICTION, State.EVICTED)):
            new, actions = TABLE[state, cause]
            assert new is target
            assert actions[-1] is Action.ASK_POLICY
            assert (Action.NOTE_GAP in actions) == noted
        end = (Action.NOTE_GAP, Action.FINISH) if noted else (Action.FINISH,)
        assert TABLE[state, Input.FAILED] == (State.CLOSED, end)
        assert TABLE[state, Input.CLOSE] == (State.CLOSING, (Action.HANG_UP,))


def test_waiting_leads_to_a_new_connection_or_to_the_end() -> None:
    for state in (State.WAITING, State.EVICTED):
        assert {cause: TABLE[state, cause][0] for s, cause in TABLE if s is state} == {
            Input.RETRY: State.CONNECTING,
            Input.FAILED: State.CLOSED,
            Input.CLOSE: State.CLOSED,
        }


@pytest.mark.parametrize(
    ("before", "late"),
    [
        ((), Input.DATA),
        ((), Input.RETRY),
        (UP, Input.UPGRADED),
        (UP, Input.RETRY),
        (UP, Input.DATA),
        ((*UP, Input.CLOSE), Input.LOST),
        ((*UP, Input.CLOSE), Input.CLOSE),
        ((*UP, Input.LOST), Input.LOST),
        ((*UP, Input.FAILED), Input.OPEN),
    ],
)
def test_late_news_changes_nothing(before: tuple[Input, ...], late: Input) -> None:
    lifecycle = Lifecycle()
    for cause in before:
        lifecycle.feed(cause)
    state = lifecycle.state
    assert lifecycle.feed(late) is None
    assert lifecycle.state is state


def test_walks() -> None:
    assert walk(*UP) is State.LIVE
    assert walk(*UP, Input.CLOSE, Input.ENDED) is State.CLOSED
    assert walk(*UP, Input.EVICTION, Input.FAILED) is State.CLOSED


def test_diagram_has_every_row() -> None:
    lines = re.findall(r"^    (\w+) --> (\w+): (\w+)", mermaid(), re.MULTILINE)
    assert set(lines) == {
        (str(state), str(target), str(cause)) for (state, cause), (target, _) in TABLE.items()
    }


def test_the_page_shows_the_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{mermaid()}\n```" in page
