"""Exactly the lines at fault are refused, and every other one is stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.refusals import Declined, deliver


class Server:
    """A server of the recorded kinds: `status` 400 stores nothing of a bad batch, 422 the good lines of it."""

    def __init__(self, bad: set[str], status: int, names: bool = True, most: int = 10_000) -> None:
        self.bad, self.status, self.names, self.most = bad, status, names, most
        self.stored: set[str] = set()
        self.posts = 0

    def post(self, lines: list[str]) -> Declined | None:
        self.posts += 1
        bad = [line for line in lines if line in self.bad]
        if len(lines) > self.most:
            return Declined(413, "too large")
        if not bad or self.status == 422:
            self.stored.update(line for line in lines if line not in self.bad)
        if not bad:
            return None
        if self.status == 422:
            return Declined(422, f"partial write: no good dropped={len(bad)}")
        named = "\n".join(f"unable to parse '{line}': bad number {line}" for line in bad)
        return Declined(400, named if self.names else "some line is no good")


@pytest.mark.parametrize("status, names", [(400, True), (400, False), (422, True)])
@given(marks=st.lists(st.booleans(), max_size=60), most=st.integers(1, 70))
def test_law_the_refused_are_the_bad_ones_and_all_others_are_stored(
    status: int, names: bool, marks: list[bool], most: int
) -> None:
    lines = [f"register,meter=m{index} value={index} 1" for index in range(len(marks))]
    bad = {line for line, mark in zip(lines, marks, strict=True) if mark}
    server = Server(bad, status, names, most)
    refused = deliver(lines, server.post)
    assert {lines[index] for index in refused} == bad
    assert server.stored == set(lines) - bad


def test_named_lines_are_taken_out_and_the_rest_is_sent_once() -> None:
    lines = [f"line {index}" for index in range(1_000)]
    server = Server({"line 3", "line 33", "line 333"}, 400)
    refused = deliver(lines, server.post)
    assert server.posts == 2
    assert refused == {index: f"bad number line {index}" for index in (3, 33, 333)}


def test_a_batch_of_which_every_line_was_dropped_is_not_halved() -> None:
    lines = [f"line {index}" for index in range(1_000)]
    server = Server(set(lines), 422)
    assert len(deliver(lines, server.post)) == 1_000
    assert server.posts == 1


def test_a_few_bad_lines_among_many_cost_few_requests() -> None:
    lines = [f"line {index}" for index in range(4_096)]
    server = Server({"line 7"}, 422)
    assert list(deliver(lines, server.post)) == [7]
    assert server.posts <= 2 * 12 + 1


def test_a_message_that_says_one_line_at_a_time_ends_too() -> None:
    lines = [f"line {index}" for index in range(2_000)]
    bad = set(lines)

    def post(sent: list[str]) -> Declined | None:
        first = next((line for line in sent if line in bad), None)
        return Declined(400, f"unable to parse '{first}': no good") if first else None

    assert len(deliver(lines, post)) == 2_000


def test_nothing_is_not_posted() -> None:
    server = Server(set(), 400)
    assert deliver([], server.post) == {}
    assert server.posts == 0
