"""Numbers, times, JSON, digests and shapes."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from marketplace_adapters.core import (
    UTC,
    InvalidError,
    as_id,
    as_list,
    as_object,
    as_text,
    decimal,
    floor,
    iso,
    number,
    optional_decimal,
    parse_date,
    parse_datetime,
    plain,
    revision,
    wire,
)

# === NUMBERS === #


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, "0.1"),
        (84.35, "84.35"),
        (5, "5"),
        (-3, "-3"),
        (" 12.50 ", "12.50"),
        ("+7", "7"),
        (".5", "0.5"),
        ("1e2", "1E+2"),
        (1e-05, "0.00001"),
        (Decimal("1.10"), "1.10"),
        ("-0", "-0"),
    ],
)
def test_a_number_keeps_its_spelling(value: Any, expected: str) -> None:
    assert decimal(value, "price") == Decimal(expected)


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "x", "12,5", "1_000", "NaN", "Infinity", "-inf", True, False, [], {},
     "1e999999", "9" * 65, "1e99", 10**20, 1e300, float("nan"), float("inf"),
     Decimal("NaN"), "٣x", "0x10"],
)  # fmt: skip
def test_what_is_no_sane_number_is_refused_by_name(value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        decimal(value, "order_details[2].amount")
    assert "order_details[2].amount" in caught.value.message
    assert caught.value.code == "bad_number"


def test_an_optional_number_may_be_missing_but_not_wrong() -> None:
    assert [optional_decimal(value, "n") for value in (None, "", "  ", 0)] == [None, None, None, 0]
    with pytest.raises(InvalidError):
        optional_decimal("x", "n")


def test_money_survives_the_way_out_and_back() -> None:
    draw = random.Random(20260301).randint
    for places in range(5):
        for _ in range(300):
            amount = Decimal(draw(-(10**9), 10**9)).scaleb(-places)
            assert decimal(wire.loads(wire.dumps([number(amount)]))[0], "n") == amount
            assert decimal(plain(amount), "n") == amount
            assert "E" not in plain(amount)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7.99", 7), ("0.5", 0), ("-3", 0), ("0", 0), ("1E+2", 100), ("-0.1", 0)],
)
def test_half_a_unit_is_not_for_sale(value: str, expected: int) -> None:
    assert floor(Decimal(value)) == expected


def test_a_whole_number_is_sent_as_one() -> None:
    assert [repr(number(Decimal(text))) for text in ("5.00", "5.5", "0", "1E+2")] == [
        "5",
        "5.5",
        "0",
        "100",
    ]


# === TIMES === #


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-28T21:15:00Z", datetime(2026, 2, 28, 21, 15, tzinfo=UTC)),
        ("2026-02-28T21:15:00+02:00", datetime(2026, 2, 28, 19, 15, tzinfo=UTC)),
        ("2026-02-28T21:15:00-0530", datetime(2026, 3, 1, 2, 45, tzinfo=UTC)),
        ("2026-02-28T21:15:00+03", datetime(2026, 2, 28, 18, 15, tzinfo=UTC)),
        ("2026-02-28 21:15:00 UTC", datetime(2026, 2, 28, 21, 15, tzinfo=UTC)),
        ("2026-02-28T21:15", datetime(2026, 2, 28, 21, 15, tzinfo=UTC)),
        ("2026-02-28T21:15:00.5", datetime(2026, 2, 28, 21, 15, 0, 500000, tzinfo=UTC)),
        ("2026-02-28T21:15:00.123456789z", datetime(2026, 2, 28, 21, 15, 0, 123456, tzinfo=UTC)),
        (" 2024-02-29 ", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_iso_times_become_aware_utc(text: str, expected: datetime) -> None:
    parsed = parse_datetime(text, "at")
    assert parsed == expected
    assert parsed.utcoffset() == timedelta(0)


def test_a_time_without_zone_takes_the_one_that_is_given() -> None:
    cairo = timezone(timedelta(hours=2))
    assert parse_datetime("2026-01-01T00:30", "at", cairo) == datetime(
        2025, 12, 31, 22, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2026-02-30", "2026-13-01", "2026-01-01T25:00", "0001-01-01T00:00+14:00",
     "2026-01-01T00:00+99:00", "28/02/2026", 1700000000, None, [], True, "٢٠٢٦-٠١-٠١", "2026-1-1"],
)  # fmt: skip
def test_what_is_no_time_is_refused(value: Any) -> None:
    for read in (parse_datetime, parse_date):
        if read is parse_date and value in ("2026-01-01T25:00", "0001-01-01T00:00+14:00",
                                            "2026-01-01T00:00+99:00"):  # fmt: skip
            continue
        with pytest.raises(InvalidError) as caught:
            read(value, "created_at")
        assert caught.value.message.startswith("created_at")


def test_a_day_is_never_moved_by_a_zone() -> None:
    assert parse_date("2026-02-28T23:59:59+02:00", "day") == date(2026, 2, 28)


def test_times_are_sent_as_utc_and_never_naive() -> None:
    cairo = timezone(timedelta(hours=2))
    assert iso(datetime(2026, 1, 1, 1, 2, 3, 999, tzinfo=cairo)) == "2025-12-31T23:02:03Z"
    with pytest.raises(InvalidError):
        iso(datetime(2026, 1, 1))


# === JSON === #


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"NaN", b"[Infinity]", b"[1e999]", b"\xff", b"[" * 100_000, b"9" * 5000, b"{'a':1}",
     b'{"a":' * 100 + b"1" + b"}" * 100],
)  # fmt: skip
def test_what_is_no_json_is_refused_without_quoting_it(raw: bytes) -> None:
    with pytest.raises(InvalidError) as caught:
        wire.loads(raw)
    assert caught.value.code == "not_json"
    assert len(caught.value.message) < 60


def test_json_is_made_storable() -> None:
    raw = b'\xef\xbb\xbf{"a\\u0000b": ["\\ud800x", "\\ud83c\\udf75", {"c": "\\u0000"}]}'
    assert wire.loads(raw) == {"ab": ["\ufffdx", "🍵", {"c": ""}]}


def test_json_is_written_in_utf8_and_bugs_are_told() -> None:
    assert wire.dumps({"a": "شاي"}) == '{"a":"شاي"}'.encode()
    for value in (float("nan"), Decimal(1), object(), "\ud800", {1, 2}):
        with pytest.raises(InvalidError):
            wire.dumps([value])


# === DIGEST === #


def test_equal_content_has_an_equal_revision() -> None:
    first = {"b": [1, 2.0, {"x": None}], "a": "ي"}
    second = {"a": "ي", "b": [1.0, 2, {"x": None}]}
    assert revision(first) == revision(second)
    # Pinned: stored revisions must survive an update of this package.
    assert revision({"a": [1, "é", None, True]}) == "eebfd75167574b7f3ce6a934ec10a927"


@pytest.mark.parametrize(
    "other", [{"a": 2}, {"a": "1"}, {"a": True}, {"a": 1, "b": None}, [1], None]
)
def test_other_content_has_another_revision(other: Any) -> None:
    assert revision(other) != revision({"a": 1})


def test_the_order_of_a_list_matters() -> None:
    assert revision([1, 2]) != revision([2, 1])


def test_a_value_without_json_form_has_no_revision() -> None:
    for value in (object(), float("inf"), {1: {2, 3}}):
        with pytest.raises(InvalidError):
            revision(value)


# === SHAPES === #


def test_members_are_read_or_refused_by_name() -> None:
    assert as_text(" 5\x00 ", "m") == "5"
    assert [as_text(value, "m") for value in (None, 7, 7.0, "")] == ["", "7", "7", ""]
    assert as_list(None, "m") == []
    for read, value in (
        (as_text, True), (as_text, 1.5), (as_text, []), (as_list, {}), (as_list, "x"),
        (as_object, []), (as_object, None), (as_id, ""), (as_id, None), (as_id, "x" * 257),
    ):  # fmt: skip
        with pytest.raises(InvalidError) as caught:
            read(value, "retailer.code")
        assert caught.value.message.startswith("retailer.code")
