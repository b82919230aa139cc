"""The clock, alone and through the control API."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from support import Control, covers

from marketplace_sandbox.clock import Clock, format_time, parse_time

UTC = timezone.utc


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-01", datetime(2026, 7, 1, tzinfo=UTC)),
        ("2026-07-01T10:20", datetime(2026, 7, 1, 10, 20, tzinfo=UTC)),
        ("2026-07-01 10:20:30", datetime(2026, 7, 1, 10, 20, 30, tzinfo=UTC)),
        ("2026-07-01T10:20:30Z", datetime(2026, 7, 1, 10, 20, 30, tzinfo=UTC)),
        ("2026-07-01T10:20:30.5Z", datetime(2026, 7, 1, 10, 20, 30, 500_000, tzinfo=UTC)),
        ("2026-07-01T10:20:30.123456789Z", datetime(2026, 7, 1, 10, 20, 30, 123_456, tzinfo=UTC)),
        ("2026-07-01T01:00:00+03:00", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        ("2026-07-01T01:00:00 03:00", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        ("2026-06-30T23:30:00-0130", datetime(2026, 7, 1, 1, 0, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_iso_moments_are_read_as_utc(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-13-01", "2025-02-29", "2026-07-01T25:00", "01/07/2026", "٢٠٢٦-٠٧-٠١x",
     "2026-07-01T10", "0001-01-01T00:00+02:00", "2026-07-01T10:20:30Zjunk"],
)  # fmt: skip
def test_other_text_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


def test_moments_are_written_in_utc_with_milliseconds() -> None:
    cairo = timezone(timedelta(hours=3))
    assert format_time(datetime(2026, 7, 1, 1, 2, 3, 4_999, cairo)) == "2026-06-30T22:02:03.004Z"


@covers("R431")
def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = Clock()
    start = datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
    clock.freeze(start)
    assert (clock.now(), clock.mode) == (start, "frozen")
    clock.advance(timedelta(minutes=2))
    assert clock.now() == datetime(2026, 2, 1, 0, 1, tzinfo=UTC)
    clock.real()
    assert clock.mode == "real"
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_shifted_clock_runs_at_a_distance() -> None:
    clock = Clock()
    clock.advance(timedelta(days=3))
    assert clock.mode == "offset"
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=3)) < timedelta(seconds=5)
    before = clock.now()
    clock.freeze()
    assert before <= clock.now() < before + timedelta(seconds=5)


def test_the_control_api_sets_the_clock(control: Control) -> None:
    state = control.call("POST", "clock", {"mode": "frozen", "at": "2026-03-01T00:00:00+02:00"})
    assert state == {"mode": "frozen", "now": "2026-02-28T22:00:00.000Z", "offset_seconds": 0.0}
    state = control.call("POST", "clock", {"advance": 90})
    assert state["now"] == "2026-02-28T22:01:30.000Z"
    order = control.place()
    assert order["created_at"] == "2026-02-28T22:01:30.000Z"
    assert control.call("DELETE", "clock")["mode"] == "real"
    state = control.call("POST", "clock", {"at": "2030-01-01T00:00:00Z"})
    assert state["mode"] == "offset"
    assert state["now"].startswith("2030-01-01T00:00:0")
    assert control.call("POST", "clock", {"mode": "offset", "offset": -3600})["mode"] == "offset"


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "fast"},
        {"at": "soon"},
        {"advance": "1"},
        {"advance": True},
        {"advance": 1e12},
        {"mode": "offset"},
        {"when": 1},
    ],
)
def test_a_wrong_clock_is_refused(control: Control, body: dict[str, object]) -> None:
    assert "error" in control.call("POST", "clock", body, expect=400)
    assert control.call("GET", "clock")["mode"] == "real"
